/** The order in which `open` chooses a window. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  run,
  startEditor,
  startRegistry,
  startWindowProcess,
  testProgram,
} from "../support/mod.ts";
import { makeFolders, openWith } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const open = openWith(await sharedProcess());

testProgram("a live hook variable takes precedence over a registered window", async (program) => {
  await using sandbox = await makeFolders();
  const [hook, registered] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [{ socketPath: registered.socketPath, folder: sandbox.path("one") }]);
  const result = await run(program, sandbox, {
    args: ["open", "one/f"],
    env: { VSCODE_IPC_HOOK_CLI: hook.socketPath },
  });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([hook.messages.length, registered.messages.length], [1, 0]);
});

testProgram(
  "a stale hook variable is skipped in favour of the registered window",
  async (program) => {
    await using sandbox = await makeFolders();
    const registered = await startEditor(sandbox);
    startRegistry(sandbox, [{ socketPath: registered.socketPath, folder: sandbox.path("one") }]);
    const result = await run(program, sandbox, {
      args: ["open", "one/f"],
      env: { VSCODE_IPC_HOOK_CLI: sandbox.path("gone.sock"), VSCODE_CLI_AUTHORITY: "ssh-remote+x" },
    });
    assertEquals(result.code, 0, result.stderr);
    assertEquals(registered.messages[0]!.fileURIs, [`file://${sandbox.path("one/f")}`]);
  },
);

for (const variable of ["TMUX", "STY"]) {
  Deno.test(`with ${variable}, a registered window that holds the path takes precedence over the hook variable`, async () => {
    await using sandbox = await makeFolders();
    const [hook, registered] = [await startEditor(sandbox), await startEditor(sandbox)];
    startRegistry(sandbox, [{ socketPath: registered.socketPath, folder: sandbox.path("one") }]);
    const env = { VSCODE_IPC_HOOK_CLI: hook.socketPath, [variable]: "x" };
    assertEquals((await open(sandbox, ["one/f"], env)).code, 0);
    assertEquals([hook.messages.length, registered.messages.length], [0, 1]);
    // A window that does not hold the path comes after the hook variable, as usual.
    assertEquals((await open(sandbox, ["two/f"], env)).code, 0);
    assertEquals([hook.messages.length, registered.messages.length], [1, 1]);
  });
}

Deno.test("files of several windows in one call each go to their own window, in one message per window", async () => {
  await using sandbox = await makeFolders();
  const [one, two] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [
    { socketPath: one.socketPath, folder: sandbox.path("one") },
    { socketPath: two.socketPath, folder: sandbox.path("two") },
  ]);
  const result = await open(sandbox, ["one/f", "two/f", "one/deep/f", "one/new"]);
  assertEquals(result.code, 0, result.stderr);
  const uris = (...names: string[]) => names.map((name) => `file://${sandbox.path(name)}`);
  assertEquals(one.messages.map((message) => message.fileURIs), [
    uris("one/f", "one/deep/f", "one/new"),
  ]);
  assertEquals(two.messages.map((message) => message.fileURIs), [uris("two/f")]);
});

Deno.test("one registry request serves all files of a folder", async () => {
  await using sandbox = await makeFolders();
  const one = await startEditor(sandbox);
  const registry = startRegistry(sandbox, [{
    socketPath: one.socketPath,
    folder: sandbox.path("one"),
  }]);
  await open(sandbox, ["one/a", "one/b", "one/c", "one/f:3"]);
  assertEquals(registry.asked, [sandbox.path("one/a")]);
});

Deno.test("files to compare or merge stay together and go to the window of the last one that has a window", async () => {
  await using sandbox = await makeFolders();
  const [one, two] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [
    { socketPath: one.socketPath, folder: sandbox.path("one") },
    { socketPath: two.socketPath, folder: sandbox.path("two") },
  ]);
  assertEquals((await open(sandbox, ["-d", "one/f", "two/f"])).code, 0);
  assertEquals(two.messages[0]!.fileURIs.length, 2);
  assertEquals((await open(sandbox, ["-d", "one/f", "home/f"])).code, 0);
  assertEquals(one.messages[0]!.fileURIs.length, 2);
});

Deno.test("a symlink is routed by its target's folder, and opened by its own name", async () => {
  await using sandbox = await makeFolders();
  const one = await startEditor(sandbox);
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [
    { socketPath: other.socketPath, folder: sandbox.path("home") },
    { socketPath: one.socketPath, folder: sandbox.path("one") },
  ]);
  await Deno.symlink(sandbox.path("one"), sandbox.path("link"));
  assertEquals((await open(sandbox, ["link/f"])).code, 0);
  assertEquals(one.messages[0]!.fileURIs, [`file://${sandbox.path("link/f")}`]);
});

Deno.test("if no window holds the path, the first live registered window gets it", async () => {
  await using sandbox = await makeFolders();
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: other.socketPath, folder: sandbox.path("two") }]);
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals(other.messages.length, 1);
});

Deno.test("--strict uses only a window that is known to hold the path", async () => {
  await using sandbox = await makeFolders();
  const [hook, other] = [await startEditor(sandbox), await startEditor(sandbox)];
  startRegistry(sandbox, [{ socketPath: other.socketPath, folder: sandbox.path("two") }]);
  const env = { VSCODE_IPC_HOOK_CLI: hook.socketPath };
  const result = await open(sandbox, ["--strict", "one/f"], env);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "not known to have the path");
  assertEquals([hook.messages.length, other.messages.length], [0, 0]);
  assertEquals((await open(sandbox, ["--strict", "two/f"], env)).code, 0);
  assertEquals([hook.messages.length, other.messages.length], [0, 1]);
});

Deno.test("--strict uses the hook variable's window if a registry says that it holds the path", async () => {
  await using sandbox = await makeFolders();
  const hook = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: hook.socketPath, folder: sandbox.path("one") }]);
  const env = { VSCODE_IPC_HOOK_CLI: hook.socketPath };
  assertEquals((await open(sandbox, ["--strict", "one/f"], env)).code, 0);
  assertEquals(hook.messages.length, 1);
});

Deno.test("a hung editor costs one time limit, and the file opens once, elsewhere", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const registered = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: registered.socketPath, folder: sandbox.path("one") }]);
  const result = await open(sandbox, ["one/f"], { VSCODE_IPC_HOOK_CLI: hung.socketPath });
  assertEquals(result.code, 0, result.stderr);
  assertEquals([hung.messages.length, registered.messages.length], [0, 1]);
});

Deno.test("a registered window that has just died is skipped", async () => {
  await using sandbox = await makeFolders();
  const [dead, next] = [await startEditor(sandbox), await startEditor(sandbox)];
  await dead.die();
  startRegistry(sandbox, [
    { socketPath: dead.socketPath, folder: sandbox.path("one") },
    { socketPath: sandbox.path("missing.sock"), folder: sandbox.path("one") },
    { socketPath: next.socketPath, folder: sandbox.path("one") },
  ]);
  const result = await open(sandbox, ["one/f"]);
  assertEquals(result.code, 0, result.stderr);
  assertEquals(next.messages.length, 1);
});

Deno.test("an unresponsive registered window is not used", async () => {
  await using sandbox = await makeFolders();
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  const next = await startEditor(sandbox);
  startRegistry(sandbox, [
    { socketPath: hung.socketPath, folder: sandbox.path("one"), liveness: "unresponsive" },
    { socketPath: next.socketPath, folder: sandbox.path("two") },
  ]);
  assertEquals((await open(sandbox, ["one/f"])).code, 0);
  assertEquals([hung.messages.length, next.messages.length], [0, 1]);
});

Deno.test("code-server's own registry is asked after ours", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  const registry = startRegistry(
    sandbox,
    [{ socketPath: editor.socketPath, folder: sandbox.path("one") }],
    sandbox.path("home/.local/share/code-server/code-server-ipc.sock"),
  );
  assertEquals((await open(sandbox, ["one/f:3"])).code, 0);
  assertEquals(registry.asked, [sandbox.path("one/f")]);
  assertEquals(editor.messages[0]!.fileURIs, [`file://${sandbox.path("one/f")}:3`]);
});

Deno.test("CODE_SERVER_SESSION_SOCKET names code-server's registry", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  const { socketPath } = startRegistry(sandbox, [editor], sandbox.path("elsewhere.sock"));
  const result = await open(sandbox, ["one/f"], { CODE_SERVER_SESSION_SOCKET: socketPath });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(editor.messages.length, 1);
});

Deno.test("an unregistered editor is found by the folder its processes work in", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeFolders();
  const [one, two] = [
    await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") }),
    await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-2.sock") }),
  ];
  for (const [editor, folder] of [[one, "one"], [two, "two"]] as const) {
    const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
    await startWindowProcess(sandbox, sandbox.path(folder), env);
  }
  assertEquals((await open(sandbox, ["--strict", "one/deep/f"])).code, 0);
  assertEquals((await open(sandbox, ["two/f"])).code, 0);
  assertEquals([one.messages.length, two.messages.length], [1, 1]);
});

Deno.test("of two unregistered editors, the one with the deeper folder is used", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeFolders();
  const [outer, inner] = [
    await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-1.sock") }),
    await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-2.sock") }),
  ];
  // The outer one is more recent.
  await Deno.utime(outer.socketPath, 1000, Date.now() / 1000 + 4000);
  for (const [editor, folder] of [[outer, "one"], [inner, "one/deep"]] as const) {
    const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
    await startWindowProcess(sandbox, sandbox.path(folder), env);
  }
  assertEquals((await open(sandbox, ["one/deep/f"])).code, 0);
  assertEquals([outer.messages.length, inner.messages.length], [0, 1]);
});

Deno.test("with --strict, a diff goes to a window that holds one of its files, not to the current folder's", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const [there, elsewhere] = [sandbox.path("two/f"), sandbox.path("home/new")];
  const diff = (...args: string[]) =>
    run(compiled, sandbox, {
      args: ["open", ...args, "-d", there, elsewhere],
      cwd: sandbox.path("one"),
    });
  const strict = await diff("--strict");
  assertEquals([strict.code, editor.messages.length], [1, 0]);
  assertEquals((await diff()).code, 0);
  assertEquals(editor.messages.length, 1);
});

Deno.test("if no folder holds the path, the most recent live editor socket is used", async () => {
  await using sandbox = await makeFolders();
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
  const older = await start("vscode-ipc-older.sock");
  const recent = await start("vscode-ipc-recent.sock");
  const dead = await start("vscode-ipc-dead.sock");
  await dead.die();
  await Deno.utime(older.socketPath, 1000, Date.now() / 1000 + 3000);
  await Deno.utime(recent.socketPath, 1000, Date.now() / 1000 + 4000);
  await Deno.utime(dead.socketPath, 1000, Date.now() / 1000 + 5000);
  const result = await open(sandbox, ["one/f"]);
  assertEquals(result.code, 0, result.stderr);
  assertEquals([older.messages.length, recent.messages.length], [0, 1]);
});
