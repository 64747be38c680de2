/** Folders in which processes of windows work, compared with known folders of the windows. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { run, startEditor, startWindowProcess } from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";
import { makeFolders, open } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

Deno.test({
  name: "processes of a window whose folders the registry knows do not add folders to it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeFolders();
    const server = await startServer(sandbox);
    const socketPath = sandbox.path("run", "vscode-ipc-a.sock");
    const window = await startEditor(sandbox, { socketPath });
    await register(server.socket, socketPath, sandbox.path("one"));
    // A shell that changed to another folder.
    await startWindowProcess(sandbox, sandbox.path("two"), { VSCODE_IPC_HOOK_CLI: socketPath });
    const strict = await open(sandbox, ["--strict", "two/f"]);
    assertEquals(strict.code, 1);
    assertStringIncludes(strict.stderr, "no editor window found");
    const args = ["env", "--shell", "bash", "--strict", sandbox.path("two")];
    const env = await run(shared, sandbox, { args });
    assertEquals([env.code, env.stdout], [1, "unset VSCODE_IPC_HOOK_CLI\n"]);
    // Also with the variable: only the shell suggests that the window holds the file.
    const named = await open(sandbox, ["--strict", "two/f"], { VSCODE_IPC_HOOK_CLI: socketPath });
    assertEquals([named.code, window.messages.length], [1, 0]);
  },
});

Deno.test({
  name:
    "a language server in its editor server's folder does not divert a file from the window that holds it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeFolders();
    const start = (name: string) =>
      startEditor(sandbox, { socketPath: sandbox.path("run", `vscode-ipc-${name}.sock`) });
    const [holder, other] = [await start("a"), await start("b")];
    const hook = (socketPath: string) => ({ VSCODE_IPC_HOOK_CLI: socketPath });
    await startWindowProcess(sandbox, sandbox.path("one"), hook(holder.socketPath));
    // The tsserver of the other window, in the folder in which the server was started.
    const env = { ...hook(other.socketPath), VSCODE_CWD: sandbox.path("one/deep") };
    await startWindowProcess(sandbox, sandbox.path("one/deep"), env);
    assertEquals((await open(sandbox, ["--strict", "one/deep/f"])).code, 0);
    assertEquals([holder.messages.length, other.messages.length], [1, 0]);
    const args = ["env", "--shell", "bash", sandbox.path("one/deep")];
    const { stdout } = await run(shared, sandbox, { args });
    assertStringIncludes(stdout, holder.socketPath);
  },
});
