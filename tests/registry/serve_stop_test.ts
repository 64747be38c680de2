import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { makeSandbox, startEditor, testProgram } from "../support/mod.ts";
import {
  ask,
  lookup,
  register,
  serveInPlace,
  sessionsOf,
  startServer,
  until,
} from "./serve_support.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  testProgram(
    `${signal} ends a server with exit 0 and leaves none of its files`,
    async (program) => {
      await using sandbox = await makeSandbox();
      const server = await startServer(sandbox, { program, args: ["--verbose"] });
      assertEquals(await server.stop(signal), 0);
      assertEquals([...Deno.readDirSync(dirname(server.socket))], []);
      const left = [...Deno.readDirSync(sandbox.directory)].filter(({ isFile }) => isFile);
      assertEquals(left.map(({ name }) => name).sort(), ["state.db", "state.db.tally"]);
      assertStringIncludes(server.said(), `${signal}: finishing what is under way`);
    },
  );
}

Deno.test("a request in progress at SIGTERM is answered, and event streams end at once", async () => {
  await using sandbox = await makeSandbox();
  // The time limit keeps the lookup in progress until the signal arrives.
  const server = await startServer(sandbox, { args: ["--probe-timeout", "3s"] });
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  await register(server.socket, hung.socketPath, "/work");
  const stream = await Deno.connect({ transport: "unix", path: server.socket });
  sandbox.defer(() => stream.close());
  await stream.write(new TextEncoder().encode("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"));
  await stream.read(new Uint8Array(65536));
  const order: string[] = [];
  const answered = lookup(server.socket, "/work/a.ts").finally(() => order.push("answered"));
  await until("the editor is asked", () => hung.probes > 0);
  server.child.kill("SIGTERM");
  const streamEnded = (async () => {
    const buffer = new Uint8Array(65536);
    while (await stream.read(buffer).catch(() => null) !== null);
    order.push("stream ended");
  })();
  // The editor hangs, but it is the only one.
  assertEquals(await answered, hung.socketPath);
  await streamEnded;
  assertEquals(order, ["stream ended", "answered"]);
  assertEquals(await server.stop(), 0);
});

Deno.test("a stopping server accepts no new connections", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { args: ["--probe-timeout", "3s"] });
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  await register(server.socket, hung.socketPath, "/work");
  const answered = lookup(server.socket, "/work/a.ts");
  await until("the editor is asked", () => hung.probes > 0);
  server.child.kill("SIGTERM");
  await until("its socket is gone", () => {
    try {
      return !Deno.lstatSync(server.socket);
    } catch {
      return true;
    }
  });
  await assertRejects(() => ask(server.socket, "/healthz"));
  assertEquals(await answered, hung.socketPath);
  assertEquals(await server.stop(), 0);
});

Deno.test("a stopping server leaves a second server's files alone", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox);
  const { newcomer: second } = await serveInPlace(sandbox, first);
  assertEquals(await first.stop(), 0);
  await register(second.socket, sandbox.path("e.sock"), "/work");
  assertEquals((await sessionsOf(second.socket)).length, 1);
  const names = [...Deno.readDirSync(dirname(second.socket))].map(({ name }) => name).sort();
  assertEquals(names, ["hub.sock", "registry.sock", "registry.sock.lock"]);
  assertEquals(await second.stop(), 0);
});

Deno.test("the sessions of a stopped server are back after the next start", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  await register(first.socket, editor.socketPath, "/work");
  await register(first.socket, sandbox.path("dead.sock"), "/work/deeper");
  assertEquals(await first.stop(), 0);
  const second = await startServer(sandbox);
  assertEquals((await sessionsOf(second.socket)).map(({ socketPath }) => socketPath), [
    sandbox.path("dead.sock"),
    editor.socketPath,
  ]);
  // The better match is dead: it is probed before it is returned.
  assertEquals(await lookup(second.socket, "/work/deeper/a.ts"), editor.socketPath);
});
