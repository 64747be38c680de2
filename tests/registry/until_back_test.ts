/** Clients during a restart of their registry, and clients without a registry to wait for. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { dirname } from "@std/path";
import { SessionctlError } from "../../src/errors.ts";
import { lockFile } from "../../src/platform/mod.ts";
import { RegistryClient, registryLockPath, supervisorLockPath } from "../../src/registry/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, testProgram, until } from "../support/mod.ts";
import { asRoot, type Server, sessionsOf, startServer } from "./serve_support.ts";

/** Longer than the test runner's time limit: a client that waits this long fails the test. */
const FOR_EVER_MS = 3_600_000;

/** Simulates a supervisor: as long as its lock is held, the registry comes back. */
function supervise(sandbox: Sandbox, socket: string): void {
  Deno.mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  const lock = lockFile(supervisorLockPath(socket));
  assert("release" in lock);
  sandbox.defer(() => lock.release());
}

testProgram(
  "a command between the end and the start of a registry waits",
  async (program) => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("run/r/registry.sock");
    supervise(sandbox, socket);
    const listing = run(program, sandbox, { args: ["list", "--json", "--socket", socket] });
    await startServer(sandbox, { socket });
    const { code, stdout, stderr } = await listing;
    assertEquals([code, stdout, stderr], [0, "[]\n", ""]);
  },
);

Deno.test("a supervised registry that does not come back is given up", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r/registry.sock");
  supervise(sandbox, socket);
  const { code, stderr } = await run(compiled, sandbox, { args: ["list", "--socket", socket] });
  assertEquals(code, 3);
  assertStringIncludes(stderr, "no registry is running");
});

Deno.test("a client does not wait if no registry can be expected", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/registry.sock");
  const ask = async () => {
    const client = new RegistryClient({ socket, returnMs: FOR_EVER_MS });
    const error = await assertRejects(() => client.health(), SessionctlError);
    assertEquals((error as SessionctlError).code, "REGISTRY_UNREACHABLE");
  };
  await ask();
  // The lock of a killed registry; then with a pid that another process has by now; then invalid
  // ones.
  for (const text of ["4194305\n", `${Deno.pid}\n`, "x", ""]) {
    await Deno.writeTextFile(registryLockPath(socket), text);
    await Deno.writeTextFile(supervisorLockPath(socket), text);
    await ask();
  }
  const server = await startServer(sandbox, { socket });
  await server.stop("SIGKILL");
  await ask();
});

Deno.test("a client that has been answered waits for a restart, but not after a final end", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/registry.sock");
  const first = await startServer(sandbox, { socket });
  const client = new RegistryClient({ socket, timeoutMs: 20_000, returnMs: 20_000 });
  const { pid } = await client.health();
  await first.stop("SIGKILL");
  const asking = [client.health(), client.health()];
  await delay(50);
  // The first two have missed the registry by now.
  asking.push(client.health());
  await startServer(sandbox, { socket });
  for (const later of await Promise.all(asking)) assert(later.pid !== pid);
});

Deno.test("a connection that is cut before the answer is repeated, but not forever", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run/registry.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  let cuts = 0;
  let answering = true;
  const serving = async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(4096);
      await conn.read(buffer);
      if (answering && cuts >= 2) {
        const body = '{"socketPath":"/run/a.sock"}';
        const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
        await conn.write(new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${head}${body}`));
      } else cuts++;
      conn.close();
    }
  };
  serving().catch(() => {});
  const client = new RegistryClient({ socket: path, returnMs: FOR_EVER_MS });
  assertEquals(await client.getConnectedSocketPath("/w/a.ts"), "/run/a.sock");
  assertEquals(cuts, 2);
  answering = false;
  const ask = () => client.getConnectedSocketPath("/w/a.ts");
  const error = await assertRejects(ask, SessionctlError);
  assertEquals((error as SessionctlError).code, "CONNECTION_CLOSED");
});

Deno.test("clients see no failure while their registry is relaunched, and no session is lost", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/registry.sock");
  supervise(sandbox, socket);
  let server: Server = await startServer(sandbox, { socket });
  const acknowledged: string[] = [];
  const removed = new Set<string>();
  let over = false;
  const work = async (name: number) => {
    for (let i = 0; !over; i++) {
      // A new client each time, as commands use.
      const client = new RegistryClient({ socket, timeoutMs: 30_000, returnMs: 30_000 });
      const socketPath = `/nowhere/${name}-${i}.sock`;
      await client.addSession({ socketPath, workspace: { folders: ["/work"] } });
      acknowledged.push(socketPath);
      if (i % 3 === 0) {
        await client.deleteSession(socketPath);
        removed.add(socketPath);
      }
    }
  };
  const working = Promise.all([0, 1, 2, 3, 4, 5].map(work));
  for (const signal of ["SIGTERM", "SIGKILL", "SIGTERM"] as const) {
    const before = acknowledged.length;
    await until("they work", () => acknowledged.length > before + 50);
    await server.stop(signal);
    server = await startServer(sandbox, { socket });
  }
  over = true;
  await working;
  const known = new Set((await sessionsOf(socket)).map(({ socketPath }) => socketPath));
  const expected = acknowledged.filter((path) => !removed.has(path));
  assertEquals(expected.filter((path) => !known.has(path)), []);
  assertEquals([...removed].filter((path) => known.has(path)), []);
});

Deno.test("a watch continues with a snapshot when the registry is back", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/registry.sock");
  const first = await startServer(sandbox, { socket });
  const client = new RegistryClient({ socket, timeoutMs: 20_000, returnMs: 20_000 });
  await client.addSession({ socketPath: "/nowhere/a.sock" });
  const heard: string[] = [];
  for await (const event of client.watch()) {
    heard.push(event.type);
    if (event.type !== "snapshot") break;
    assertEquals(event.sessions.length, 1);
    if (heard.length === 1) {
      await first.stop("SIGKILL");
      void startServer(sandbox, { socket });
    } else {
      await client.deleteSession("/nowhere/a.sock");
    }
  }
  assertEquals(heard, ["snapshot", "snapshot", "removed"]);
});

Deno.test("a watch that waits continues after any absence of the registry, also before its first start", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/registry.sock");
  const client = new RegistryClient({ socket, timeoutMs: 20_000, returnMs: 0 });
  const stop = new AbortController();
  const reasons: string[] = [];
  const heard: string[] = [];
  const watching = (async () => {
    const onAway = ({ code }: SessionctlError) => void reasons.push(code);
    for await (const { type } of client.watch({ signal: stop.signal, onAway })) heard.push(type);
  })();
  await until("it has asked", () => reasons.length >= 2);
  const first = await startServer(sandbox, { socket });
  await until("it has begun", () => heard.length === 1);
  const before = reasons.length;
  await first.stop("SIGKILL");
  await until("it has asked again", () => reasons.length > before + 2);
  await startServer(sandbox, { socket });
  await until("it goes on", () => heard.length === 2);
  stop.abort();
  await watching;
  assertEquals(heard, ["snapshot", "snapshot"]);
  assertEquals(reasons[before], "CONNECTION_CLOSED");
  assertEquals(reasons[0], "REGISTRY_UNREACHABLE");
});

Deno.test("a watch of one folder receives only its sessions", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox, { state: null });
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  const heard: string[] = [];
  const add = (name: string) =>
    client.addSession({ socketPath: `/${name}.sock`, workspace: { folders: [`/${name}`] } });
  await add("a");
  for await (const event of client.watch({ folder: "/b" })) {
    if (event.type === "snapshot") {
      heard.push(...event.sessions.map(({ socketPath }) => socketPath));
      await add("c");
      await add("b");
    } else {
      heard.push(event.session.socketPath);
      break;
    }
  }
  assertEquals(heard, ["/b.sock"]);
});

Deno.test({
  ...asRoot,
  name: "a registry of another user is used only if that user is allowed",
  async fn() {
    await using sandbox = await makeSandbox();
    const { socket } = await startServer(sandbox, { state: null });
    await Deno.chown(socket, 4242, 4242);
    const error = await assertRejects(() => new RegistryClient({ socket }).health());
    assertStringIncludes((error as Error).message, "belongs to another user");
    const allowed = new RegistryClient({ socket, allowOwners: [4242] });
    assertEquals((await allowed.health()).status, "alive");
  },
});
