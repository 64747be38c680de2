import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { compiled, listenFull, makeSandbox, run, startEditor } from "../support/mod.ts";
import {
  leaveDeadSocket,
  lookup,
  pidAt,
  register,
  serveInPlace,
  startServer,
  until,
  untilServedBy,
} from "./serve_support.ts";

Deno.test("an unlinked socket file is restored, with a message on stderr", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await Deno.remove(server.socket);
  await untilServedBy(server.child.pid, server.socket);
  await until("it is said", () => server.said().includes("; restored it"));
  assertStringIncludes(server.said(), `${server.socket} was removed; restored it`);
  assertEquals(server.lines.length, 1);
  assertEquals(await server.stop(), 0);
  assertEquals([...Deno.readDirSync(dirname(server.socket))], []);
});

Deno.test("a dead socket at the registry's path is replaced, with a message on stderr", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  leaveDeadSocket(server.socket);
  await untilServedBy(server.child.pid, server.socket);
  await until("it is said", () => server.said().includes("; restored it"));
  assertStringIncludes(server.said(), `${server.socket} was replaced; restored it`);
});

Deno.test("a regular file at the registry's path is moved aside, not deleted", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await Deno.writeTextFile(`${server.socket}.new`, "precious");
  await Deno.rename(`${server.socket}.new`, server.socket);
  await untilServedBy(server.child.pid, server.socket);
  await until("it is said", () => server.said().includes("; restored it"));
  const aside = /the replaced file is now (\S+)/.exec(server.said())![1]!;
  assertEquals(await Deno.readTextFile(aside), "precious");
});

Deno.test("a removed directory is created again with socket, hub and lock", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  await Deno.remove(dirname(server.socket), { recursive: true });
  await untilServedBy(server.child.pid, server.socket);
  assertEquals(Deno.statSync(dirname(server.socket)).mode! & 0o777, 0o700);
  const second = await run(compiled, sandbox, {
    args: ["serve", "--no-state", "--socket", server.socket],
  });
  assertEquals(second.code, 1);
  assertStringIncludes(
    second.stderr,
    `already running on ${server.socket} (pid ${server.child.pid})`,
  );
  const names = () => [...Deno.readDirSync(dirname(server.socket))].map(({ name }) => name).sort();
  // A new socket has a temporary name before it is renamed.
  const expected = "hub.sock registry.sock registry.sock.lock";
  await until(
    () => `these are ${expected}: ${names().join(" ")}`,
    () => names().join(" ") === expected,
  );
});

Deno.test("a second server is refused with the pid of the first even if the lock file was removed", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const lock = `${server.socket}.lock`;
  await Deno.remove(lock);
  await until("the lock is back", () => {
    try {
      return Deno.readTextFileSync(lock).trim() === String(server.child.pid);
    } catch {
      return false;
    }
  });
  const args = ["serve", "--no-state", "--socket", server.socket];
  const second = await run(compiled, sandbox, { args });
  assertEquals(second.code, 1);
  assertStringIncludes(
    second.stderr,
    `already running on ${server.socket} (pid ${server.child.pid})`,
  );
});

Deno.test("a live registry that took the path is asked as an upstream, until it ends", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  const { newcomer, former } = await serveInPlace(sandbox, server);
  await register(server.socket, editor.socketPath, "/work");
  await until("it is noticed", () => server.said().includes("using it as an upstream"));
  assertEquals(await pidAt(server.socket), newcomer.child.pid);
  assertEquals(await lookup(former, "/work/a.ts"), editor.socketPath);
  await newcomer.stop("SIGKILL");
  await untilServedBy(server.child.pid, server.socket);
  assertEquals(await lookup(server.socket, "/work/a.ts"), undefined);
  assertEquals(server.said().match(/using it as an upstream/g)?.length, 1);
});

Deno.test("a server that took the path and is too busy to accept is not replaced", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  sandbox.defer(await listenFull(server.socket));
  await until("it is noticed", () => server.said().includes("another server has taken"));
  const { ino } = await Deno.stat(server.socket);
  assertEquals(await server.stop(), 0);
  assertEquals((await Deno.stat(server.socket)).ino, ino);
  assertMatch(server.said(), /using it as an upstream/);
});
