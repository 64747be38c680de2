/** A socket that is registered again: what is not told stays. */
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

/** What is registered in the end when these are registered one after another. */
async function registered(sandbox: Sandbox, ...later: Omit<SessionEntry, "socketPath">[]) {
  const { socketPath: socket } = await startTestRegistry(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  for (const entry of [FIRST, ...later]) await client.addSession({ ...entry, socketPath });
  const { workspace, kind, relaySocket, source, colour } = (await client.list())[0]!;
  return { workspace, kind, relaySocket, source, colour } as Partial<SessionEntry>;
}

Deno.test("a registration that tells nothing changes nothing", async () => {
  await using sandbox = await makeSandbox();
  assertEquals(await registered(sandbox, {}), { ...FIRST, source: "api" });
});

Deno.test("what a registration tells is taken, and the rest stays", async () => {
  await using sandbox = await makeSandbox();
  const workspace = { folders: ["/w/two"] };
  assertEquals(await registered(sandbox, { workspace, source: "hook" }), {
    ...FIRST,
    workspace,
    source: "hook",
  });
});

Deno.test("a kind, a relay socket and a field of the client's own are taken when they are told", async () => {
  await using sandbox = await makeSandbox();
  const told = { kind: "cursor", relaySocket: "/run/other.sock", colour: "blue" };
  assertEquals(await registered(sandbox, told), { ...FIRST, ...told, source: "api" });
});

Deno.test("a client that knows no kind does not take it from the session", async () => {
  await using sandbox = await makeSandbox();
  assertEquals((await registered(sandbox, { kind: "editor" })).kind, "code-server");
});

Deno.test("a workspace of null is a window without a folder from then on", async () => {
  await using sandbox = await makeSandbox();
  assertEquals((await registered(sandbox, { workspace: null })).workspace, null);
});

Deno.test("registrations at once keep what each of them tells", async () => {
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

Deno.test("fields do not pile up over many registrations", async () => {
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

Deno.test("add of a window that is registered keeps its kind and its relay socket", async () => {
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
