/** The extension's instance sockets in Node, asked by the library's client. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { callInstance, instanceEvents } from "../../src/ipc/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { compiled, run, type Sandbox, until } from "../support/mod.ts";
import { type ExtensionHost, extensionSandbox, instancePath, startHost } from "./support/mod.ts";

// deno-lint-ignore no-explicit-any
type Answer = any;

/** A desktop window on a folder of the sandbox, with a function to ask it. */
async function windowOn(sandbox: Sandbox, calls: readonly (readonly unknown[])[] = []) {
  const folder = await Deno.realPath(sandbox.path("home"));
  const path = await instancePath(sandbox, folder);
  const host = await startHost(sandbox, { calls: [["folders", [folder]], ...calls] });
  const call = (method: string, params: unknown = {}): Promise<Answer> =>
    callInstance(path, method, params, { timeoutMs: 10_000, waitForStart: true });
  return { folder, path, host, call };
}

async function textFile(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await Deno.writeTextFile(path, "one\ntwo\nthree\n");
  return path;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => promise, SessionctlError);
  return `${error.message}; ${error.hint}`;
}

Deno.test("health names the window, its folders and its focus", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, host, call } = await windowOn(sandbox, [["focus", true]]);
  const { windowId, focusedAt, socketPath, ...rest } = await call("health");
  assert(/^[0-9a-f]{32}$/.test(windowId) && focusedAt > 0);
  assert(socketPath.startsWith(sandbox.path("run/sessionctl/vscode-ipc-")), socketPath);
  assertEquals(rest, {
    status: "ok",
    companion: "0.1.0",
    kind: "vscode",
    appName: "Visual Studio Code",
    appVersion: "1.67.0",
    name: "home",
    focused: true,
    folders: [`file://${folder}`],
    trusted: true,
    workspace: folder,
    pid: host.pid,
  });
});

Deno.test("state returns the active editor, its selection, dirty files and problems", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, host, call } = await windowOn(sandbox);
  const empty = await call("state");
  assertEquals([empty.activeEditor, empty.activeFile, empty.selection], [null, null, null]);
  assertEquals([empty.visibleFiles, empty.dirtyFiles], [[], []]);
  const file = await textFile(folder, "a b.txt");
  await host.control("show", file, 1, 0, 1, 3);
  await host.control("dirty", file);
  await host.control("diagnostics", file, [[0, "wrong"], [1, "doubtful"], [1, "odd"]]);
  const state = await call("state");
  const uri = `file://${folder}/a%20b.txt`;
  assertEquals(state.activeEditor.path, file);
  assertEquals(state.activeEditor.uri, uri);
  assertEquals([state.activeFile, state.folders], [file, [folder]]);
  assertEquals(state.selection, state.activeEditor.selection);
  assertEquals(state.activeEditor.selection, {
    start: { line: 2, column: 1 },
    end: { line: 2, column: 4 },
  });
  assertEquals(state.dirtyFiles, [{ uri, path: file }]);
  assertEquals(state.diagnostics, { errors: 1, warnings: 2, infos: 0, hints: 0 });
});

Deno.test("diagnostics returns the problems of one file or of all files", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, host, call } = await windowOn(sandbox);
  await host.control("diagnostics", join(folder, "a.txt"), [[0, "wrong"]]);
  await host.control("diagnostics", join(folder, "b.txt"), [[3, "could be shorter"]]);
  const all = await call("diagnostics");
  assertEquals(all.files.length, 2);
  const { files, omitted } = await call("diagnostics", { path: join(folder, "b.txt") });
  assertEquals(omitted, 0);
  assertEquals(files[0].diagnostics, [{
    severity: "hint",
    message: "could be shorter",
    source: "lint",
    start: { line: 1, column: 1 },
    end: { line: 1, column: 2 },
  }]);
});

Deno.test("open, reveal, diff and focus act in the window", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, host, call } = await windowOn(sandbox);
  const file = await textFile(folder, "a.txt");
  const uri = `file://${file}`;
  await call("open", { fileURIs: [`${uri}:3:2`], gotoLineMode: true });
  assertEquals((await call("state")).activeEditor.selection.start, { line: 3, column: 2 });
  const revealed = await call("reveal", { path: file, line: 2, endLine: 3, endColumn: 4 });
  assertEquals(revealed.selection, { start: { line: 2, column: 1 }, end: { line: 3, column: 4 } });
  await call("diff", { left: file, right: uri, title: "a and a" });
  assertEquals(await call("focus"), { focused: false });
  const calls = await host.control("calls") as unknown[][];
  assertEquals(calls.map(([name]) => name), [
    "vscode.open",
    "revealRange",
    "vscode.diff",
    "workbench.action.focusActiveEditorGroup",
  ]);
});

Deno.test("runCommand runs what the user's settings allow, and nothing that only a workspace allows", async () => {
  await using sandbox = await extensionSandbox();
  const { host, call } = await windowOn(sandbox);
  const request = { command: "test.echo", args: [1, "two"] };
  const hint = "add it to sessionctl.allowedCommands";
  assert((await refusal(call("runCommand", request))).includes(hint));
  await host.control("setting", "sessionctl.allowedCommands", { workspaceValue: ["test.echo"] });
  assert((await refusal(call("runCommand", request))).includes(hint));
  await host.control("setting", "sessionctl.allowedCommands", { globalValue: ["test.echo"] });
  assertEquals(await call("runCommand", request), { result: { args: [1, "two"] } });
});

Deno.test("a window on an untrusted workspace answers, and refuses every method that acts", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, host, call } = await windowOn(sandbox, [["trust", false]]);
  const path = await textFile(folder, "a.txt");
  await host.control("setting", "sessionctl.allowedCommands", { globalValue: ["test.echo"] });
  assertEquals((await call("health")).trusted, false);
  await call("state");
  await call("diagnostics");
  for (
    const [method, params] of [
      ["open", { fileURIs: [`file://${path}`] }],
      ["reveal", { path }],
      ["diff", { left: path, right: path }],
      ["focus", {}],
      ["runCommand", { command: "test.echo" }],
    ] as const
  ) assert((await refusal(call(method, params))).includes("NOT_ALLOWED"), method);
  assertEquals(await host.control("calls"), []);
});

Deno.test("wrong parameters are refused by their names", async () => {
  await using sandbox = await extensionSandbox();
  const { call } = await windowOn(sandbox);
  for (
    const [method, params, words] of [
      ["reveal", {}, "uri or path is missing"],
      ["reveal", { path: "a.txt" }, "path must be an absolute path or a URI"],
      ["reveal", { path: "/a", line: 0 }, "line must be a whole number of at least 1"],
      ["diff", { left: "/a" }, "right must be a path or a URI"],
      ["open", { fileURIs: "/a" }, "fileURIs must be a list"],
      ["open", { fileURIs: ["/a"], diffMode: true }, "diff takes 2 files, not 1"],
      ["open", { addMode: true, mergeMode: true }, "merge and add exclude each other"],
      ["runCommand", { command: 1 }, "command must be the name of a command"],
      ["state", [], "the parameters must be an object"],
    ] as const
  ) {
    const message = await refusal(call(method, params));
    assert(message.includes(words), `${method} ${JSON.stringify(params)}: ${message}`);
  }
});

Deno.test("the window pushes focus, activeEditor, saved and folders", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, path, host, call } = await windowOn(sandbox);
  const file = await textFile(folder, "a.txt");
  await call("health");
  const stop = new AbortController();
  const events: { event: string; data: Answer }[] = [];
  const reading = (async () => {
    for await (const event of instanceEvents(path, { signal: stop.signal })) events.push(event);
  })();
  const untilEvent = async (name: string, act: () => Promise<unknown>) => {
    await until(
      `the event ${name}`,
      async () => {
        await act();
        return events.some(({ event }) => event === name);
      },
      20_000,
      50,
    );
    return events.findLast(({ event }) => event === name)!.data;
  };
  let focused = false;
  const focus = await untilEvent("focus", () => host.control("focus", focused = !focused));
  assertEquals(typeof focus.focusedAt, "number");
  const { activeEditor } = await untilEvent(
    "activeEditor",
    () => host.control("show", file, 2, 1, 2, 1),
  );
  assertEquals(activeEditor.path, file);
  assertEquals(activeEditor.selection.start, { line: 3, column: 2 });
  assertEquals(await untilEvent("saved", () => host.control("save", file)), {
    uri: `file://${file}`,
    path: file,
  });
  const both = [folder, sandbox.path("tmp")];
  const { folders } = await untilEvent("folders", () => host.control("folders", both));
  assertEquals(folders.length, 2);
  stop.abort();
  await reading;
});

Deno.test("sessionctl call --workspace reaches the window, and path names its socket", async () => {
  await using sandbox = await extensionSandbox();
  const { folder, path, call } = await windowOn(sandbox);
  await call("health");
  const named = await run(compiled, sandbox, { args: ["path", folder] });
  assertEquals(named.stdout.trim(), path);
  const args = ["call", "--workspace", folder, "state"];
  const { code, stdout, stderr } = await run(compiled, sandbox, { args });
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout).activeEditor, null);
});

Deno.test("the sockets are the user's alone, and gone when the window has closed", async () => {
  await using sandbox = await extensionSandbox();
  const { path, host, call } = await windowOn(sandbox);
  const { socketPath, windowId } = await call("health");
  const own = join(dirname(path), `window-${windowId}.sock`);
  for (const socket of [path, socketPath, own]) {
    assertEquals((await Deno.lstat(socket)).mode! & 0o777, 0o600, socket);
    assertEquals((await Deno.lstat(dirname(socket))).mode! & 0o777, 0o700, socket);
  }
  await host.deactivate();
  assertEquals(namesIn(dirname(path)), []);
  assertEquals(namesIn(dirname(socketPath)), []);
});

Deno.test("a window without a folder answers at a socket of its own", async () => {
  await using sandbox = await extensionSandbox();
  const host: ExtensionHost = await startHost(sandbox);
  const directory = dirname(await instancePath(sandbox, "/"));
  // The file exists a moment before the listener.
  const own = () => namesIn(directory).find((name) => /^window-[0-9a-f]{32}\.sock$/.test(name));
  await until("it listens", () => own() !== undefined && namesIn(directory).length === 1);
  const path = join(directory, own()!);
  const options = { timeoutMs: 20_000, waitForStart: true };
  const health = await callInstance(path, "health", {}, options) as Answer;
  assertEquals([health.workspace, health.folders, health.pid], [null, [], host.pid]);
});

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch {
    return [];
  }
}
