/** The command-line socket that the extension serves if the editor has none. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { probeEditor } from "../../src/editor/mod.ts";
import { requestUnix } from "../../src/http/mod.ts";
import { callInstance } from "../../src/ipc/mod.ts";
import { compiled, exists, run, type Sandbox, spawn, until } from "../support/mod.ts";
import { extensionSandbox, instancePath, startHost } from "./support/mod.ts";

async function desktopWindow(sandbox: Sandbox) {
  const folder = await Deno.realPath(sandbox.path("home"));
  const host = await startHost(sandbox, {
    calls: [["folders", [folder]]],
    // A stale variable, as inherited by an editor that is started in another editor's terminal.
    variables: { VSCODE_IPC_HOOK_CLI: sandbox.path("run/vscode-ipc-old.sock") },
  });
  const path = await instancePath(sandbox, folder);
  const options = { timeoutMs: 5000, waitForStart: true };
  const health = await callInstance(path, "health", {}, options);
  const { socketPath } = health as { socketPath: string };
  const sessionctl = (...words: string[]) => run(compiled, sandbox, { args: words, cwd: folder });
  const calls = async () =>
    (await host.control("calls") as unknown[][]).map(([name, ...args]) => [name, ...args]);
  const file = async (name: string) => {
    await Deno.writeTextFile(join(folder, name), "one\ntwo\n");
    return `file://${join(folder, name)}`;
  };
  return { folder, host, socketPath, sessionctl, calls, file };
}

Deno.test("the probe takes the companion's socket for an editor window's", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, calls } = await desktopWindow(sandbox);
  assertEquals(await probeEditor(socketPath, { timeoutMs: 5000 }), "live");
  assertEquals(await calls(), []);
});

Deno.test("open shows files at their lines, and creates the tab of a missing one", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, sessionctl, calls, file, folder } = await desktopWindow(sandbox);
  const uri = await file("a.txt");
  const { code, stderr } = await sessionctl("open", "--to", socketPath, "a.txt:2:3", "new.txt");
  assertEquals(code, 0, stderr);
  const [first, second] = await calls();
  assertEquals(first!.slice(0, 2), ["vscode.open", uri]);
  const { selection, preview } = first![2] as { selection: unknown; preview: boolean };
  const place = { line: 1, character: 2 };
  assertEquals([selection, preview], [{ start: place, end: place }, false]);
  assertEquals(second!.slice(0, 2), ["vscode.open", `untitled:${join(folder, "new.txt")}`]);
});

Deno.test("open --diff, --merge, --add, --remove and folders use the editor's commands", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, socketPath, sessionctl, calls, file, host } = await desktopWindow(sandbox);
  const names = ["a.txt", "b.txt", "c.txt", "d.txt"];
  for (const name of names) await file(name);
  const open = async (...words: string[]) => {
    const { code, stderr } = await sessionctl("open", "--to", socketPath, ...words);
    assertEquals(code, 0, stderr);
  };
  await open("--diff", "a.txt", "b.txt");
  await open("--merge", ...names);
  await open("--add", sandbox.path("tmp"));
  await host.control("refuseFolderChanges", 3);
  await open("--remove", sandbox.path("tmp"));
  await open(sandbox.path("tmp"));
  await open("--reuse-window", sandbox.path("run"));
  await open("--new-window", "a.txt");
  const uri = (name: string) => `file://${join(folder, name)}`;
  const made = await calls();
  assertEquals(made.map(([name]) => name), [
    "vscode.diff",
    "_open.mergeEditor",
    "vscode.openFolder",
    "vscode.openFolder",
    "_files.windowOpen",
  ]);
  assertEquals(made[0]!.slice(1, 3), [uri("a.txt"), uri("b.txt")]);
  const merge = made[1]![1] as Record<string, { path: string; uri: { path: string } }>;
  assertEquals(
    [merge.input1!.uri.path, merge.input2!.uri.path, merge.base!.path, merge.output!.path],
    names.map((name) => join(folder, name)),
  );
  assertEquals(made[2]!.slice(1), [`file://${sandbox.path("tmp")}`, { forceNewWindow: true }]);
  assertEquals(made[3]!.slice(1), [`file://${sandbox.path("run")}`, { forceNewWindow: false }]);
  assertEquals((made[4]![2] as { forceNewWindow: boolean }).forceNewWindow, true);
  await host.control("refuseFolderChanges");
  const refused = await sessionctl("open", "--to", socketPath, "--add", sandbox.path("tmp"));
  assertEquals(refused.code, 1);
  assert(refused.stderr.includes("does not change the folders"), refused.stderr);
});

Deno.test("open --wait ends when the tabs are closed, and fails when the window goes", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, file, folder, host } = await desktopWindow(sandbox);
  await file("a.txt");
  const wait = () =>
    spawn(sandbox, compiled.command, ["open", "--to", socketPath, "-w", join(folder, "a.txt")]);
  const first = wait();
  await until("the tab is open", async () => await host.control("tabs") === 1);
  let ended = false;
  first.ended.then(() => ended = true);
  await host.control("focus", true);
  assert(!ended, first.errors.join("\n"));
  await host.control("closeTabs");
  assertEquals(await first.ended, 0, first.errors.join("\n"));
  const second = wait();
  await until("the tab is open again", async () => await host.control("tabs") === 1);
  await host.deactivate();
  assert(await second.ended !== 0);
});

Deno.test("browse, clipboard, extensions and status answer as an editor's", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, sessionctl, calls, host } = await desktopWindow(sandbox);
  const to = ["--to", socketPath];
  const browse = await sessionctl("browse", ...to, "https://example.org/a?b=c");
  assertEquals(browse.code, 0, browse.stderr);
  const copy = await run(compiled, sandbox, { args: ["clipboard", ...to], stdin: "copied" });
  assertEquals(copy.code, 0, copy.stderr);
  assertEquals(await host.control("clipboard"), "copied");
  const list = await sessionctl("extensions", "list", "--show-versions", ...to);
  assertEquals([list.code, list.stdout], [0, "ann.tools@1.2.3\n"], list.stderr);
  const none = await sessionctl("extensions", "uninstall", "bob.none", ...to);
  assertEquals(none.code, 1, none.stdout);
  const install = await sessionctl("extensions", "install", "bob.new", ...to);
  assertEquals(install.code, 0, install.stderr);
  assertEquals((await calls()).map(([name]) => name), [
    "openExternal",
    "workbench.extensions.installExtension",
  ]);
  const status = await post(socketPath, { type: "status" });
  assert(String(status.body).includes("Visual Studio Code 1.67.0"), String(status.body));
});

Deno.test("messages that editors refuse are refused in the same way", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, host, calls } = await desktopWindow(sandbox);
  assertEquals((await post(socketPath, { type: "unknown" })).status, 404);
  assertEquals((await post(socketPath, { type: "toString" })).status, 404);
  assertEquals((await post(socketPath, [1])).status, 404);
  assertEquals((await post(socketPath, 1)).status, 400);
  assertEquals((await post(socketPath, { type: "open", fileURIs: 1 })).status, 500);
  assertEquals(
    (await post(socketPath, { type: "clipboard", content: "x".repeat(5e6) })).status,
    413,
  );
  await host.control("trust", false);
  const refused = await post(socketPath, { type: "open", fileURIs: ["file:///a"] });
  assertEquals([refused.status, refused.body], [
    500,
    "the workspace of this window is not trusted",
  ]);
  assertEquals(await calls(), []);
});

Deno.test("without a page, open succeeds, and requests that need the page are errors", async () => {
  await using sandbox = await extensionSandbox();
  const { socketPath, host, file, folder } = await desktopWindow(sandbox);
  await file("a.txt");
  await host.control("page", false);
  const opened = await post(socketPath, {
    type: "open",
    fileURIs: [`file://${join(folder, "a.txt")}`],
  });
  assertEquals(opened.status, 200);
  const page = await post(socketPath, { type: "extensionManagement", install: [], uninstall: [] });
  assertEquals(page.status, 500);
  assert(await exists(socketPath));
});

async function post(socketPath: string, message: unknown) {
  const answer = await requestUnix(socketPath, {
    method: "POST",
    target: "/",
    json: message,
    timeoutMs: 10_000,
  });
  return { status: answer.status, body: answer.json() };
}
