/** The focus across restarts and crashes of the registry, and on a full disk. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { makeSandbox, until } from "../support/mod.ts";
import { ask, asRoot, mountSmall, register, sessionsOf, startServer } from "./serve_support.ts";

/** Reports that a registered window has gained or lost the focus. */
async function focus(socket: string, socketPath: string, focused: boolean): Promise<void> {
  const answer = await ask(socket, "/v1/focus", { socketPath, focused });
  assertEquals(answer.json(), { focused });
}

/** The sockets in the registry's order; `*` marks those with the focus. */
async function order(socket: string): Promise<string> {
  return (await sessionsOf(socket))
    .map(({ socketPath, focused }) => `${socketPath}${focused ? "*" : ""}`)
    .join(" ");
}

/**
 * The content of the state file. A copy is read, because SQLite locks the file while the server
 * runs.
 */
async function onDisk(state: string): Promise<string[]> {
  const copy = `${state}.copy`;
  for (const suffix of ["", "-wal"]) await Deno.copyFile(state + suffix, copy + suffix);
  const database = new DatabaseSync(copy);
  try {
    return database.prepare("SELECT session FROM sessions").all()
      .map(({ session }) => JSON.parse(String(session)))
      .filter(({ focused }) => focused).map(({ socketPath }) => socketPath);
  } finally {
    database.close();
  }
}

Deno.test("a restart keeps the window that was used last", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox);
  for (const name of ["/a", "/b", "/c"]) await register(first.socket, name, "/w");
  await focus(first.socket, "/b", true);
  await focus(first.socket, "/a", true);
  assertEquals(await order(first.socket), "/a* /b /c");
  await first.stop();
  const second = await startServer(sandbox);
  assertEquals(await order(second.socket), "/a* /b /c");
  await focus(second.socket, "/a", false);
  await focus(second.socket, "/b", true);
  await second.stop();
  assertEquals(await order((await startServer(sandbox)).socket), "/b* /a /c");
});

Deno.test("after kill -9 the focus is that of the last registration or of a few seconds ago", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("state.db");
  let server = await startServer(sandbox);
  for (const name of ["/a", "/b", "/c"]) await register(server.socket, name, "/w");
  await focus(server.socket, "/a", true);
  await register(server.socket, "/d", "/w");
  await server.stop("SIGKILL");
  server = await startServer(sandbox);
  assertEquals(await order(server.socket), "/a* /d /c /b");
  assert(!server.said().includes("missing"), server.said());
  await focus(server.socket, "/b", true);
  await until("it is written", async () => (await onDisk(state)).includes("/b"));
  await server.stop("SIGKILL");
  server = await startServer(sandbox);
  assertEquals(await order(server.socket), "/b* /a /d /c");
  // No loss is reported: a lost change of the focus is no lost session.
  await focus(server.socket, "/c", true);
  await server.stop("SIGKILL");
  server = await startServer(sandbox);
  assert(!server.said().includes("missing"), server.said());
  assertEquals((await sessionsOf(server.socket)).length, 4);
});

Deno.test("a state file with any focus values is read", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("state.db");
  const first = await startServer(sandbox);
  for (const name of ["/a", "/b", "/c", "/d", "/e"]) await register(first.socket, name, "/w");
  await first.stop();
  const database = new DatabaseSync(state);
  const odd = {
    "/a": { focused: true, focusedAt: 100 },
    "/b": { focused: true, focusedAt: 200 },
    "/c": { focused: "yes", focusedAt: 150 },
    "/d": { focused: true, focusedAt: "9" },
    "/e": { focused: false, focusedAt: 1e300 },
  };
  for (const [name, focus] of Object.entries(odd)) {
    database.prepare("UPDATE sessions SET session = json_patch(session, ?) WHERE socket_path = ?")
      .run(JSON.stringify(focus), name);
  }
  database.close();
  const second = await startServer(sandbox);
  assertEquals(await order(second.socket), "/b* /e /c /a /d");
  // A time in the future was lowered to the present: a window that is used now ranks first.
  await focus(second.socket, "/d", true);
  await focus(second.socket, "/d", false);
  assertEquals(await order(second.socket), "/d /b /e /c /a");
});

Deno.test({
  name: "on a full disk the focus still takes effect, and is written when there is room again",
  ...asRoot,
  async fn(test) {
    await using sandbox = await makeSandbox();
    const disk = sandbox.path("disk");
    const state = `${disk}/state.db`;
    const mounted = await mountSmall(sandbox, disk, 1024 * 1024);
    await test.step({
      name: "on a file system of 1 MiB (needs permission to mount it)",
      ignore: !mounted,
      async fn() {
        const server = await startServer(sandbox, { state });
        for (const name of ["/a", "/b"]) await register(server.socket, name, "/w");
        await fill(`${disk}/filler`);
        let count = 0;
        while (
          (await register(server.socket, `/${count}`, `/${"x".repeat(4000)}`)).status === 200
        ) {
          count++;
        }
        await focus(server.socket, "/a", true);
        assertEquals((await order(server.socket)).split(" ")[0], "/a*");
        await until("it says so", () => server.said().includes("full"));
        assertStringIncludes(server.said(), state);
        await Deno.remove(`${disk}/filler`);
        await focus(server.socket, "/a", false);
        await focus(server.socket, "/b", true);
        await server.stop();
        const next = await startServer(sandbox, { state });
        assertEquals((await order(next.socket)).split(" ").slice(0, 2), ["/b*", "/a"]);
        await next.stop();
      },
    });
  },
});

async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(4096);
  try {
    for (;;) await file.write(block);
  } catch { /* It is full. */ }
}
