/** Registering a socket again: fields that the new registration omits stay. */
import { assertEquals } from "@std/assert";
import { RegistryClient, type SessionEntry } from "../../src/registry/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { startTestRegistry } from "./http_support.ts";
import { startServer } from "./serve_support.ts";

const FIRST = {
  workspace: { id: "1", folders: ["/w/one"] },
  kind: "code-server",
  relaySocket: "/run/http.sock",
  colour: "red",
};

/** The session after these registrations, one after another. */
async function registered(sandbox: Sandbox, ...later: Omit<SessionEntry, "socketPath">[]) {
  const { socketPath: socket } = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  for (const entry of [FIRST, ...later]) await client.addSession({ ...entry, socketPath });
  const { workspace, kind, relaySocket, source, colour } = (await client.list())[0]!;
  return { workspace, kind, relaySocket, source, colour } as Partial<SessionEntry>;
}

Deno.test("a registration without fields changes nothing", async () => {
  await using sandbox = await makeSandbox();
  assertEquals(await registered(sandbox, {}), { ...FIRST, source: "api" });
});

Deno.test("a registration replaces the fields that it sends, and the others stay", async () => {
  await using sandbox = await makeSandbox();
  const workspace = { folders: ["/w/two"] };
  assertEquals(await registered(sandbox, { workspace, source: "hook" }), {
    ...FIRST,
    workspace,
    source: "hook",
  });
});

Deno.test("a registration replaces the kind, the relay socket, and a custom field", async () => {
  await using sandbox = await makeSandbox();
  const told = { kind: "cursor", relaySocket: "/run/other.sock", colour: "blue" };
  assertEquals(await registered(sandbox, told), { ...FIRST, ...told, source: "api" });
});

Deno.test("the kind 'editor' does not replace a known kind", async () => {
  await using sandbox = await makeSandbox();
  assertEquals((await registered(sandbox, { kind: "editor" })).kind, "code-server");
});

Deno.test("a null workspace makes the session a window without a folder", async () => {
  await using sandbox = await makeSandbox();
  assertEquals((await registered(sandbox, { workspace: null })).workspace, null);
});

Deno.test("simultaneous registrations keep the fields of each", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath: socket } = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  await Promise.all([
    client.addSession({ socketPath, kind: "cursor" }),
    client.addSession({ socketPath, relaySocket: "/run/http.sock" }),
    client.addSession({ socketPath, colour: "red" }),
  ]);
  const [session] = await client.list();
  assertEquals([session!.kind, session!.relaySocket, session!.colour], [
    "cursor",
    "/run/http.sock",
    "red",
  ]);
});

Deno.test("fields do not accumulate over many registrations", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath: socket } = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  for (const name of ["a", "b", "c"]) {
    await client.addSession({ socketPath, [name]: "x".repeat(500_000) });
  }
  const [session] = await client.list();
  assertEquals(Object.keys(session!).filter((name) => /^[abc]$/.test(name)), ["c"]);
});

Deno.test("add of a registered window keeps its kind and its relay socket", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const add = (...args: string[]) => run(compiled, sandbox, { args: ["add", ...args] });
  const options = ["--kind", "code-server", "--relay-socket", "/run/http.sock"];
  assertEquals((await add(...options, socketPath, sandbox.path("home"))).code, 0);
  assertEquals((await add(socketPath, sandbox.path("tmp"))).code, 0);
  const [session] = await new RegistryClient({ socket, timeoutMs: 20_000 }).list();
  assertEquals([session!.kind, session!.relaySocket], ["code-server", "/run/http.sock"]);
});
