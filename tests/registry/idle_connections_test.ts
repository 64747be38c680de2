/** Thousands of silent connections: other clients are answered, and no descriptors leak. */
import { assertEquals, assertLess } from "@std/assert";
import { requestUnix } from "../../src/http/mod.ts";
import { compiled, makeSandbox, type Sandbox, until } from "../support/mod.ts";

const IDLE = 2000;

/** Starts `sessionctl serve` under a limit of descriptors, and waits until it listens. */
async function serveLimited(sandbox: Sandbox, ulimit: string) {
  const socket = sandbox.path("run", "sessionctl", "registry.sock");
  const script = `ulimit ${ulimit} && exec "$0" serve --no-state --socket "$1"`;
  const child = new Deno.Command("sh", {
    args: ["-c", script, compiled.command, socket],
    env: sandbox.env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  sandbox.defer(async () => {
    try {
      child.kill("SIGTERM");
    } catch { /* it has ended */ }
    await child.stdout.cancel();
    await child.status;
  });
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  const directory = `/proc/${child.pid}/fd`;
  const descriptors = () => [...Deno.readDirSync(directory)].map(({ name }) => name);
  const isSocket = (name: string) => {
    try {
      return Deno.readLinkSync(`${directory}/${name}`).startsWith("socket:");
    } catch {
      return false; // It has been closed since the directory was read.
    }
  };
  return { socket, descriptors, sockets: () => descriptors().filter(isSocket).length };
}

/** Connects without sending anything; waits while the queue is full. */
async function connectSilently(path: string): Promise<Deno.UnixConn> {
  for (;;) {
    try {
      return await Deno.connect({ transport: "unix", path });
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

for (
  const [ulimit, title] of [["-Sn 1024", "a soft limit of 1024"], ["-n 256", "a hard limit of 256"]]
) {
  Deno.test(
    `${IDLE} idle connections under ${title}: other clients are answered, and descriptors are freed`,
    {
      ignore: Deno.build.os !== "linux",
    },
    async () => {
      await using sandbox = await makeSandbox();
      const { socket, descriptors, sockets } = await serveLimited(sandbox, ulimit!);
      const ask = async () => {
        const answer = await requestUnix(socket, {
          method: "GET",
          target: "/healthz",
          timeoutMs: 10_000,
        });
        assertEquals(answer.status, 200);
        return answer.json() as { connections: number };
      };
      await ask();
      const before = sockets();
      const idle: Deno.UnixConn[] = [];
      try {
        while (idle.length < IDLE) {
          const batch = Array.from({ length: 50 }, () => connectSilently(socket));
          idle.push(...await Promise.all(batch));
          if (idle.length % 500 === 0) await ask();
        }
        for (let i = 0; i < 5; i++) await ask();
        if (ulimit === "-n 256") assertLess(descriptors().length, 257);
      } finally {
        for (const conn of idle) conn.close();
      }
      await until("their descriptors are free", () => sockets() <= before);
      assertEquals((await ask()).connections, 1);
    },
  );
}
