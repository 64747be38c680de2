/**
 * Windows whose page is gone while their extension host continues: the user cannot see their files.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startEditor, startWindowProcess } from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders, open } from "./folders.ts";

Deno.test("of two registered windows, the one whose page answers gets the file, with a notice", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const window = await startEditor(sandbox);
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  await register(socket, window.socketPath, sandbox.path("one"));
  await register(socket, ghost.socketPath, sandbox.path("one/deep"));
  const { code, stderr } = await open(sandbox, ["one/deep/f"]);
  assertEquals([code, window.messages.length, ghost.messages.length], [0, 1, 0]);
  assertStringIncludes(
    stderr,
    `the page of the window at ${ghost.socketPath} does not answer: another window is used`,
  );
});

Deno.test("if no window's page answers, the best window gets the file, with a notice", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const other = await startEditor(sandbox, { behaviour: "ghost" });
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  for (const { socketPath } of [other, ghost]) {
    await register(socket, socketPath, sandbox.path("one"));
  }
  const { code, stderr } = await open(sandbox, ["one/f"]);
  assertEquals([code, other.messages.length, ghost.messages.length], [0, 0, 1]);
  assertStringIncludes(stderr, "it shows what is opened once it is back");
});

Deno.test("the only window gets the file even without a page, with a notice", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  await register(socket, ghost.socketPath, sandbox.path("one"));
  const { code, stderr } = await open(sandbox, ["one/f"]);
  assertEquals([code, ghost.messages.length], [0, 1]);
  assertStringIncludes(stderr, "does not answer: it shows what is opened once it is back");
});

Deno.test("a file goes to a window that holds it if the hook variable's window has no page", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const window = await startEditor(sandbox);
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  await register(socket, window.socketPath, sandbox.path("one"));
  const env = { VSCODE_IPC_HOOK_CLI: ghost.socketPath };
  const { code, stderr } = await open(sandbox, ["one/f"], env);
  assertEquals([code, window.messages.length, ghost.messages.length], [0, 1, 0]);
  assertStringIncludes(stderr, `${ghost.socketPath} does not answer: another window is used`);
});

Deno.test("the hook variable's window gets the file if the window that holds it has no page either", async () => {
  await using sandbox = await makeFolders();
  const { socket } = await startServer(sandbox);
  const [holder, hook] = [
    await startEditor(sandbox, { behaviour: "ghost" }),
    await startEditor(sandbox, { behaviour: "ghost" }),
  ];
  await register(socket, holder.socketPath, sandbox.path("one"));
  const { code } = await open(sandbox, ["one/f"], { VSCODE_IPC_HOOK_CLI: hook.socketPath });
  assertEquals([code, hook.messages.length, holder.messages.length], [0, 1, 0]);
});

Deno.test("--wait reports at once that the user cannot see the file", async () => {
  await using sandbox = await makeFolders();
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  const opening = open(sandbox, ["--wait", "--to", ghost.socketPath, "one/f"]);
  await ghost.nextMessage();
  await ghost.closeTab();
  const { code, stderr } = await opening;
  assertEquals(code, 0);
  assertStringIncludes(stderr, "does not answer: it shows what is opened once it is back");
});

Deno.test("in an integrated terminal, the hook variable's window is not asked for its page", async () => {
  await using sandbox = await makeFolders();
  const ghost = await startEditor(sandbox, { behaviour: "ghost" });
  const env = { VSCODE_IPC_HOOK_CLI: ghost.socketPath, TERM_PROGRAM: "vscode" };
  const { code, stderr } = await open(sandbox, ["one/f"], env);
  assertEquals([code, stderr, ghost.messages.length], [0, "", 1]);
});

Deno.test({
  name: "of two unregistered windows, the one whose page answers gets the file",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeFolders();
    const start = (name: string, behaviour: "normal" | "ghost") =>
      startEditor(sandbox, { socketPath: sandbox.path(`run/vscode-ipc-${name}.sock`), behaviour });
    const window = await start("a", "normal");
    const ghost = await start("b", "ghost");
    const work = async (folder: string, socketPath: string) =>
      await startWindowProcess(sandbox, sandbox.path(folder), { VSCODE_IPC_HOOK_CLI: socketPath });
    await work("one", window.socketPath);
    await work("one/deep", ghost.socketPath);
    const { code, stderr } = await open(sandbox, ["one/deep/f"]);
    assertEquals([code, window.messages.length, ghost.messages.length], [0, 1, 0], stderr);
  },
});
