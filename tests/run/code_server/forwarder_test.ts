import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import { fileIdentity } from "../../../src/platform/mod.ts";
import { exchangeFiles } from "../../../src/platform/ffi/exchange_files.ts";
import { requestUnix } from "../../../src/http/mod.ts";
import { boundPathOf, openDescriptors } from "../../../src/platform/ffi/libc.ts";
import { SessionForwarder } from "../../../src/run/code_server/session_forwarder.ts";
import { leaveDeadSocket } from "../../registry/serve_support.ts";
import { makeSandbox, type Sandbox, seeded, until } from "../../support/mod.ts";

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
try {
  exchangeFiles("/dev/null/a", "/dev/null/b");
} catch { /* There are no such files. */ }

/** A server that answers every request with `name`, and binds as code-server does. */
function bind(sandbox: Sandbox, path: string, name: string): Deno.HttpServer {
  try {
    Deno.removeSync(path);
  } catch { /* there was no file */ }
  const server = Deno.serve(
    { path, onListen: () => {} },
    () => new Response(name, { headers: { connection: "close" } }),
  );
  sandbox.defer(() => server.shutdown().catch(() => {}));
  return server;
}

async function whoAnswers(path: string): Promise<string> {
  try {
    return (await requestUnix(path, { method: "GET", target: "/who", timeoutMs: 20_000 })).text();
  } catch {
    return "nobody";
  }
}

/** A forwarder of the socket at `sandbox/cs/s.sock` without a running registry. */
function forward(sandbox: Sandbox) {
  const path = sandbox.path("cs/s.sock");
  Deno.mkdirSync(dirname(path), { recursive: true });
  const said: string[] = [];
  const forwarder = new SessionForwarder({
    sessionSocket: path,
    registrySocket: sandbox.path("no-registry.sock"),
    log: (message) => said.push(message),
  });
  sandbox.defer(() => forwarder.close());
  forwarder.childStarted();
  const names = () => [...Deno.readDirSync(dirname(path))].map(({ name }) => name).sort();
  return { path, said, forwarder, names };
}

Deno.test("two files exchange their names in one step", async () => {
  await using sandbox = await makeSandbox();
  const [a, b] = [sandbox.path("a"), sandbox.path("b")];
  Deno.writeTextFileSync(a, "was a");
  Deno.writeTextFileSync(b, "was b");
  exchangeFiles(a, b);
  assertEquals([Deno.readTextFileSync(a), Deno.readTextFileSync(b)], ["was b", "was a"]);
  try {
    exchangeFiles(a, sandbox.path("missing"));
  } catch (error) {
    assert(error instanceof Deno.errors.NotFound);
  }
  assertEquals(Deno.readTextFileSync(a), "was b");
});

Deno.test("however often and whenever a server binds again, the newest server is asked", async () => {
  await using sandbox = await makeSandbox();
  const { path, forwarder, names } = forward(sandbox);
  const random = seeded(Number(Deno.env.get("FUZZ_SEED") ?? 20241121));
  // Our listeners are bound under private names, the servers' under the path.
  const ours = () =>
    [...openDescriptors()].filter((fd) => boundPathOf(fd)?.startsWith(`${dirname(path)}/.`));
  let last: Deno.HttpServer | undefined;
  for (let i = 0; i < 60; i++) {
    // Sometimes the former server lives on; when it ends, it removes whatever has its path by then.
    if (random() < 0.7) await last?.shutdown();
    last = bind(sandbox, path, `server ${i}`);
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
  }
  await until("it is in place", () => forwarder.isInPlace);
  assertEquals(await whoAnswers(path), "server 59");
  assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o600);
  await until("no other listener of ours is left", () => ours().length === 1);
  await forwarder.close();
  assertEquals(await whoAnswers(path), "server 59");
  assertEquals(names(), ["s.sock"]);
});

Deno.test("a path that was deleted is restored as long as its server lives", async () => {
  await using sandbox = await makeSandbox();
  const { path, forwarder } = forward(sandbox);
  bind(sandbox, path, "server");
  await until("it is in place", () => forwarder.isInPlace);
  const before = fileIdentity(path);
  await Deno.remove(path);
  await until("it is back", () => forwarder.isInPlace);
  assert(fileIdentity(path)?.ino !== undefined && before !== undefined);
  assertEquals(await whoAnswers(path), "server");
});

Deno.test("a dead socket or another file is left alone until a server binds there", async () => {
  await using sandbox = await makeSandbox();
  const { path, forwarder, said, names } = forward(sandbox);
  Deno.writeTextFileSync(path, "a file");
  await until(
    "it is reported",
    () => said.some((line) => /is not a socket of this user/.test(line)),
  );
  assertEquals(Deno.readTextFileSync(path), "a file");
  Deno.removeSync(path);
  leaveDeadSocket(path);
  const dead = fileIdentity(path);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(fileIdentity(path), dead);
  bind(sandbox, path, "server");
  await until("it is in place", () => forwarder.isInPlace);
  assertEquals(await whoAnswers(path), "server");
  assertEquals(said.filter((line) => /is not a socket of this user/.test(line)).length, 1);
  assertEquals(names().length, 3, "ours, the server's, and the lock");
});

Deno.test("a world-writable directory is not used, and this is reported once", async () => {
  await using sandbox = await makeSandbox();
  const { path, said } = forward(sandbox);
  Deno.chmodSync(dirname(path), 0o777);
  bind(sandbox, path, "server");
  await until("it is reported", () => said.some((line) => /is open to others/.test(line)));
  assertEquals(await whoAnswers(path), "server");
  assertMatch(
    said.filter((line) => /open to others/.test(line)).join("\n"),
    /^[^\n]*mode 0777[^\n]*$/,
  );
});

Deno.test("a socket that an earlier run moved aside is removed if nobody listens on it", async () => {
  await using sandbox = await makeSandbox();
  Deno.mkdirSync(sandbox.path("cs"));
  leaveDeadSocket(sandbox.path("cs/.sctl-000000"));
  bind(sandbox, sandbox.path("cs/.sctl-111111"), "alive");
  Deno.writeTextFileSync(sandbox.path("cs/.sctl-222222"), "no socket");
  const { names } = forward(sandbox);
  await until("the dead one is gone", () => !names().includes(".sctl-000000"));
  assertEquals(names(), [".sctl-111111", ".sctl-222222"]);
});
