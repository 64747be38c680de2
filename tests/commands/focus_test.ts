/** The focus decides where files open, and `list` shows it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type FakeEditor, run, type Sandbox } from "../support/mod.ts";
import { startCompanionWindow } from "../support/companion_window.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders, open } from "../routing/folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const rowsOf = (stdout: string) =>
  stdout.trimEnd().split("\n").map((line) => line.trimEnd().split(/ {2,}/));

async function list(sandbox: Sandbox, ...args: string[]): Promise<string> {
  return (await run(shared, sandbox, { args: ["list", ...args] })).stdout;
}

Deno.test("of two windows on one folder, the one used last gets the file", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const folders = [sandbox.path("one")];
  const a = await startCompanionWindow(sandbox, socket, { folders });
  const b = await startCompanionWindow(sandbox, socket, { folders });
  const none = await startCompanionWindow(sandbox, socket);
  const received = (editor: FakeEditor) => editor.messages.length;
  for (const window of [a, b, a]) {
    const before = received(window.editor);
    await window.focus();
    assertEquals((await open(sandbox, [sandbox.path("one/f")])).code, 0);
    assertEquals(received(window.editor), before + 1);
    // The user is elsewhere now, but this window was used last.
    await window.focus(false);
    await none.focus();
    await open(sandbox, [sandbox.path("one/f")]);
    assertEquals(received(window.editor), before + 2);
    const env = await run(shared, sandbox, { args: ["env", "--json", sandbox.path("one/f")] });
    assertEquals(JSON.parse(env.stdout).value, window.socketPath);
    const found = await run(shared, sandbox, { args: ["find", sandbox.path("one/f")] });
    assertEquals(found.stdout, `${window.socketPath}\n`);
    await run(shared, sandbox, {
      args: ["browse", "http://localhost:1"],
      cwd: sandbox.path("one"),
    });
    assertEquals(window.editor.messages.at(-1)!.type, "openExternal");
  }
  // A file that no window holds goes to the window in focus.
  await open(sandbox, [sandbox.path("two/f")]);
  assertEquals(received(none.editor), 1);
});

Deno.test("list has one row for each window, with its focus, and its terminals below", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const folders = [sandbox.path("one")];
  const a = await startCompanionWindow(sandbox, socket, { folders });
  const b = await startCompanionWindow(sandbox, socket, { folders });
  const several = await startCompanionWindow(sandbox, socket, {
    folders: [sandbox.path("one/deep"), sandbox.path("two")],
    entry: { workspace: undefined },
  });
  await register(socket, several.socketPath, sandbox.path("one/deep"), sandbox.path("two"));
  const [ofA, ofB] = [await a.openTerminal(), await b.openTerminal()];
  await b.focus(true, Date.now() - 3 * 3_600_000);
  await a.focus();
  const [head, ...rows] = rowsOf(await list(sandbox));
  assertEquals(head, ["STATE", "KIND", "AGE", "PID", "FOCUS", "FOLDER", "SOCKET"]);
  assertEquals(rows.map((row) => [row[4]!.replace(/^\d+s$/, "1s"), row.at(-1)]), [
    ["now", a.socketPath],
    ["1s", b.socketPath],
    [`${sandbox.path("one/deep")}, ${sandbox.path("two")}`, several.socketPath],
  ]);
  const all = rowsOf(await list(sandbox, "--all"));
  const ours = all.filter((row) => row.at(-1)!.startsWith(sandbox.directory));
  assertEquals(ours.map((row) => row.at(-1)), [
    a.socketPath,
    ofA.socketPath,
    b.socketPath,
    ofB.socketPath,
    several.socketPath,
  ]);
  const listed = JSON.parse(await list(sandbox, "--json")) as Record<string, unknown>[];
  const shown = (socketPath: string) => {
    const found = listed.find((session) => session.socketPath === socketPath)!;
    const { windowId, companion, appName, focused, window } = found;
    return { windowId, companion, appName, focused, window };
  };
  const { window } = shown(a.socketPath);
  assertEquals(shown(a.socketPath), {
    windowId: a.windowId,
    companion: "0.1.0",
    appName: "code-server",
    focused: true,
    window,
  });
  assertEquals(shown(ofA.socketPath).window, window);
  assertEquals(shown(ofA.socketPath).focused, true);
});

Deno.test("a workspace with several folders is listed by its name", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const uris = ["one", "two"].map((name) => ({ uri: `file://${sandbox.path(name)}` }));
  const workspace = { folders: uris, name: "shop (Workspace)" };
  await startCompanionWindow(sandbox, socket, { entry: { workspace } });
  assertStringIncludes(
    await list(sandbox),
    `shop (Workspace): ${sandbox.path("one")}, ${sandbox.path("two")}`,
  );
  const single = { folders: uris.slice(0, 1), name: "one" };
  await startCompanionWindow(sandbox, socket, { entry: { workspace: single } });
  assertMatch(await list(sandbox), new RegExp(`  ${sandbox.path("one")}  `));
});

Deno.test("without a companion, list has no FOCUS column", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  await register(socket, "/nobody.sock", sandbox.path("one"));
  const [head] = rowsOf(await list(sandbox));
  assertEquals(head, ["STATE", "KIND", "AGE", "PID", "FOLDER", "SOCKET"]);
});

Deno.test("a file for a window whose own socket is dead goes to one of its terminals", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const folders = [sandbox.path("one")];
  const a = await startCompanionWindow(sandbox, socket, { folders });
  const terminal = await a.openTerminal();
  await startCompanionWindow(sandbox, socket, { folders: [sandbox.path("two")] });
  await a.focus();
  await a.editor.die();
  assertEquals((await open(sandbox, [sandbox.path("one/f")])).code, 0);
  assertEquals(terminal.messages.length, 1);
});
