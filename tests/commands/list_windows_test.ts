/** `list` shows each window once, however many sockets its terminals have. */
import { assertEquals } from "@std/assert";
import { RegistryClient, type SessionSource } from "../../src/registry/mod.ts";
import { compiled, type FakeEditor, run, type Sandbox, startEditor } from "../support/mod.ts";
import { startServer } from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";
import { makeFolders, open } from "../routing/folders.ts";

const shared = await sharedProcess();

interface Listed {
  readonly socketPath: string;
  readonly window: string;
  readonly pid?: number;
}

/** Two windows on the folder `one`, one on `two`; terminals and dead sockets of each folder. */
async function startScene(sandbox: Sandbox): Promise<Record<string, FakeEditor>> {
  const { socket } = await startServer(sandbox);
  const client = new RegistryClient({ socket, timeoutMs: 20_000 });
  const editors: Record<string, FakeEditor> = {};
  const start = async (name: string, folder: string, source: SessionSource) => {
    const uuid = `${name.padEnd(8, "0")}-0000-4000-8000-000000000000`;
    const editor = await startEditor(sandbox, {
      socketPath: sandbox.path("run", `vscode-ipc-${uuid}.sock`),
    });
    const workspace = { folders: [sandbox.path(folder)] };
    await client.addSession({ socketPath: editor.socketPath, workspace, source, kind: "vscode" });
    editors[name] = editor;
  };
  await start("dead", "one", "api");
  await start("a1", "one", "api");
  await start("a2", "one", "api");
  await start("b1", "two", "api");
  await start("fee1", "one", "hook");
  await start("fee2", "two", "hook");
  await start("fee3", "two", "hook");
  await editors.dead!.die();
  await editors.fee3!.die();
  return editors;
}

const rowsOf = (stdout: string) =>
  stdout.trimEnd().split("\n").slice(1).map((line) => line.trimEnd().split(/ {2,}/));

Deno.test("list shows each window once, and distinguishes two windows on one folder", async () => {
  await using sandbox = await makeFolders();
  const { a1, a2, b1 } = await startScene(sandbox);
  const { stdout } = await run(compiled, sandbox, { args: ["list"] });
  const rows = rowsOf(stdout);
  assertEquals(rows.map((row) => [row[0], row.at(-2), row.at(-1)]), [
    ["live", sandbox.path("two"), b1!.socketPath],
    ["live", sandbox.path("one"), a2!.socketPath],
    ["live", sandbox.path("one"), a1!.socketPath],
  ]);
});

Deno.test("list --all shows a window's other sockets below it, dead ones last", async () => {
  await using sandbox = await makeFolders();
  const { a1, a2, b1, fee1, fee2, fee3, dead } = await startScene(sandbox);
  const { stdout } = await run(shared, sandbox, { args: ["list", "--all"] });
  const rows = rowsOf(stdout)
    .filter((row) => row.at(-1)!.startsWith(sandbox.directory))
    .map((row) => [row[0], row.at(-1)]);
  assertEquals(rows, [
    ["live", b1!.socketPath],
    ["live", fee2!.socketPath],
    ["dead", fee3!.socketPath],
    ["live", a2!.socketPath],
    ["live", fee1!.socketPath],
    ["dead", dead!.socketPath],
    ["live", a1!.socketPath],
  ]);
});

Deno.test("list --json has the process and the window id for --to of each socket", async () => {
  await using sandbox = await makeFolders();
  const { a1, a2, b1, fee1, fee2 } = await startScene(sandbox);
  const { stdout } = await run(shared, sandbox, { args: ["list", "--json"] });
  const listed = JSON.parse(stdout) as Listed[];
  const windowOf = (editor: FakeEditor) =>
    listed.find(({ socketPath }) => socketPath === editor.socketPath)!.window;
  assertEquals([a1, a2, b1, fee1, fee2].map((editor) => windowOf(editor!)), [
    "a1000000",
    "a2000000",
    "b1000000",
    "a2000000",
    "b1000000",
  ]);
  assertEquals(listed.find(({ window }) => window === "a1000000")!.pid, Deno.pid);
  assertEquals((await open(sandbox, ["--to", windowOf(a1!), "one/f"])).code, 0);
  assertEquals(a1!.messages.length, 1);
});
