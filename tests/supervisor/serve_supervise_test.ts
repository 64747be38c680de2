import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { basename, dirname } from "@std/path";
import {
  defaultSocket,
  type Server,
  sessionsOf,
  spawnServer,
  startServer,
} from "../registry/serve_support.ts";
import { compiled, makeSandbox, type Program, run, testProgram, until } from "../support/mod.ts";
import { assertGoneInTime, PATIENCE_MS } from "./support.ts";

const SUPERVISE = { args: ["--supervise"] };
const patiently = (what: string, condition: () => boolean | Promise<boolean>) =>
  until(what, condition, PATIENCE_MS);

const clientOf = ({ socket }: Server) => new RegistryClient({ socket, timeoutMs: 20_000 });

/** The pid of the registry process, once it differs from `former`. */
async function pidOf(server: Server, former?: number): Promise<number> {
  const client = clientOf(server);
  let pid = former;
  await patiently(`a registry other than ${former}: ${server.said()}`, async () => {
    pid = await client.health().then(({ pid }) => pid, () => former);
    return pid !== former;
  });
  return pid!;
}

testProgram("serve --supervise keeps its sessions when the registry is killed", async (program) => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { ...SUPERVISE, program });
  const pid = await pidOf(server);
  assert(pid !== server.child.pid);
  await clientOf(server).addSession({ socketPath: "/e.sock", workspace: { folders: ["/a"] } });
  Deno.kill(pid, "SIGKILL");
  await pidOf(server, pid);
  const sessions = await sessionsOf(server.socket);
  assertEquals(sessions.map(({ socketPath }) => socketPath), ["/e.sock"]);
  assertMatch(
    server.said(),
    /the registry \(pid [0-9]+\) was ended by SIGKILL\n.*starting the reg/,
  );
  assertEquals(await server.stop(), 0);
  // Neither process leaves files behind.
  assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
});

Deno.test("kill -9 of serve --supervise ends the registry, and a new one can be started", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, SUPERVISE);
  const pid = await pidOf(server);
  server.child.kill("SIGKILL");
  await assertGoneInTime([pid]);
  const next = await startServer(sandbox, SUPERVISE);
  assertEquals(await next.stop("SIGINT"), 0);
});

Deno.test("relaunches under load make no client fail and lose nothing acknowledged", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, SUPERVISE);
  let pid = await pidOf(server);
  const acknowledged = new Set<string>();
  let going = true;
  const work = async (worker: number) => {
    const client = clientOf(server);
    for (let at = 0; going; at++) {
      const socketPath = `/editor-${worker}-${at}.sock`;
      await client.addSession({ socketPath, workspace: { folders: [`/w${worker}/${at}`] } });
      acknowledged.add(socketPath);
      assertEquals((await client.health()).status, "alive");
    }
  };
  const workers = Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)));
  let failed: unknown;
  workers.catch((error) => failed = error);
  for (const signal of ["SIGUSR1", "SIGUSR2", "SIGUSR2"] as const) {
    const before = acknowledged.size;
    await patiently("work goes on", () => acknowledged.size > before + 20 || failed !== undefined);
    server.child.kill(signal);
    pid = await pidOf(server, pid);
  }
  // A registry that is killed under load is restarted, too.
  Deno.kill(pid, "SIGKILL");
  await pidOf(server, pid);
  going = false;
  await workers;
  const known = new Set(
    (await sessionsOf(server.socket)).map(({ socketPath }) => socketPath),
  );
  assertEquals([...acknowledged].filter((socketPath) => !known.has(socketPath)), []);
  assertEquals(await server.stop(), 0);
});

Deno.test("a command notices no gap while the registry is relaunched", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, SUPERVISE);
  const pid = await pidOf(server);
  server.child.kill("SIGUSR2");
  const results = await Promise.all(
    Array.from({ length: 6 }, () => run(compiled, sandbox, { args: ["list", "--json"] })),
  );
  for (const { code, stdout, stderr } of results) {
    assertEquals([code, stdout, stderr], [0, "[]\n", ""]);
  }
  await pidOf(server, pid);
  await server.stop();
});

Deno.test({
  name:
    "a relaunch runs the binary that is on disk by then, whether a symlink or a file was replaced",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const first = sandbox.path("first-sessionctl");
    const second = sandbox.path("second-sessionctl");
    for (const path of [first, second]) await Deno.copyFile(compiled.command, path);
    const link = sandbox.path("sessionctl");
    await Deno.symlink(first, link);
    const program: Program = { name: "compiled", command: link, args: [] };
    const server = await startServer(sandbox, { ...SUPERVISE, program });
    const pid = await pidOf(server);
    const running = (pid: number) => Deno.readLinkSync(`/proc/${pid}/exe`);
    assertEquals(running(pid), first);
    // The symlink now points to another release.
    await Deno.symlink(second, `${link}~`);
    await Deno.rename(`${link}~`, link);
    server.child.kill("SIGUSR2");
    const next = await pidOf(server, pid);
    assertEquals(running(next), second);
    // The file is replaced.
    await Deno.rename(first, second);
    assertEquals(running(next), `${second} (deleted)`);
    server.child.kill("SIGUSR2");
    assertEquals(running(await pidOf(server, next)), second);
    assertEquals(await server.stop(), 0);
  },
});

Deno.test("a registry that cannot start is reported once, with its own reason and exit code", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox, SUPERVISE);
  for (const [args, reason] of [[["--supervise"], "supervised"], [[], "running"]] as const) {
    const { code, stdout, stderr } = await run(compiled, sandbox, { args: ["serve", ...args] });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, new RegExp(`^sessionctl: a registry is already ${reason} on `));
  }
  await first.stop();
  const plain = await startServer(sandbox);
  const second = await run(compiled, sandbox, { args: ["serve", "--supervise", "--no-state"] });
  assertEquals([second.code, second.stdout], [1, ""]);
  assertStringIncludes(second.stderr, "sessionctl: a registry is already running on");
  assertEquals(second.stderr.includes("restarting the registry"), false);
  await plain.stop();
});

Deno.test("a registry that ends by itself ends its supervisor", async () => {
  await using sandbox = await makeSandbox();
  const args = ["--supervise", "--idle-timeout", "300ms", "--json"];
  const server = spawnServer(sandbox, { args });
  assertEquals(await server.ended, 0, server.said());
  const { listening, pid } = JSON.parse(server.lines[0]!);
  assertEquals(listening, server.socket);
  assert(pid !== server.child.pid);
});

Deno.test("a supervised registry that hangs is killed after --stop-timeout", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { args: ["--supervise", "--stop-timeout", "100ms"] });
  const pid = await pidOf(server);
  Deno.kill(pid, "SIGSTOP");
  assertEquals(await server.stop(), 137);
  assertStringIncludes(server.said(), "the registry did not end within 0.1 s: killing it");
  assertEquals(isRunning(pid), false);
  const alone = await run(compiled, sandbox, { args: ["serve", "--stop-timeout", "1s"] });
  assertEquals(alone.code, 2);
  assertStringIncludes(alone.stderr, "--stop-timeout needs --supervise");
});

Deno.test("sessionctl stop ends a supervised registry for good", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { args: ["--supervise", "--pid-file", "pid"] });
  assertEquals(Number(await Deno.readTextFile(sandbox.path("pid"))), server.child.pid);
  const { code, stderr } = await run(compiled, sandbox, { args: ["stop"] });
  assertEquals(code, 0, stderr);
  assertEquals(await server.ended, 0);
  assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
});

testProgram(
  "serve --supervise leaves the pid file of a running registry alone",
  async (program) => {
    await using sandbox = await makeSandbox();
    const pidFile = sandbox.path("registry.pid");
    const server = await startServer(sandbox, { args: ["--pid-file", pidFile] });
    const other = await run(program, sandbox, {
      args: ["serve", "--supervise", "--pid-file", pidFile, "--socket", server.socket],
    });
    assertEquals([other.code, other.stdout], [1, ""]);
    assertStringIncludes(other.stderr, `is already running on ${server.socket}`);
    assertEquals(Deno.readTextFileSync(pidFile), `${server.child.pid}\n`);
    // Its lock is not taken away, either.
    assertEquals(await server.stop(), 0);
  },
);

Deno.test("a supervisor never takes the registry's own lock, which would refuse another registry", async () => {
  await using sandbox = await makeSandbox();
  // The holder of a lock removes its file at its end; here the supervisor ends before it starts a
  // child that would.
  const lock = `${defaultSocket(sandbox)}.lock`;
  await Deno.mkdir(dirname(lock), { mode: 0o700 });
  await Deno.writeTextFile(lock, "");
  const pidFile = sandbox.path("missing/registry.pid");
  const args = ["serve", "--supervise", "--pid-file", pidFile];
  const { code, stderr } = await run(compiled, sandbox, { args });
  assertEquals([code, stderr.includes("cannot write the pid file")], [1, true], stderr);
  assertEquals([...Deno.readDirSync(dirname(lock))].map(({ name }) => name), [basename(lock)]);
});
