/** Wrong command lines of `open`, and files that it cannot open. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox, run, startEditor } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

for (
  const [args, message] of [
    [["--diff", "a"], "--diff needs two files, not 1"],
    [["--diff", "a"], "name them in this order: OLD NEW"],
    [["-d", "a", "b", "c"], "--diff needs two files, not 3"],
    [["-m", "a", "b"], "--merge needs four files, not 2"],
    [["-d", "-m", "a", "b"], "--diff and --merge cannot be used together"],
    [["-a"], "--add needs FOLDER..."],
    [["--add", "file"], "is not a folder"],
    [["--add", "missing"], "does not exist"],
    [["--wait"], "--wait needs a file to wait for"],
    [["--wait", "."], "--wait needs a file to wait for"],
    [["-", "-"], "- is given twice"],
    [[""], "an operand is empty"],
    [["--file-uri", "no-uri"], "--file-uri is not a URI"],
    [["--to"], "--to needs a value"],
    [["--allow-owner", "root", "a"], "--allow-owner is not a user id"],
    [["--reuse-windw", "a"], "did you mean --reuse-window?"],
    [["--frobnicate", "a"], "unknown option --frobnicate"],
    [["--wait=yes", "a"], "--wait takes no value"],
  ] as const
) {
  Deno.test(`open ${JSON.stringify(args)} is a usage error: ${message}`, async () => {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    await Deno.writeTextFile(sandbox.path("file"), "");
    const result = await run(shared, sandbox, {
      args: ["open", ...args],
      env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
    });
    assertEquals([result.code, result.stdout], [2, ""]);
    assertStringIncludes(result.stderr, message);
    assertEquals(editor.messages, []);
  });
}

for (
  const [name, make, message, code] of [
    [
      "a pipe",
      (path: string) => new Deno.Command("mkfifo", { args: [path] }).output(),
      "neither a file nor a folder",
      1,
    ],
    ["a link to itself", (path: string) => Deno.symlink(path, path), "", 1],
    ["x".repeat(10_000), undefined, "the path is too long", 2],
    ["file/below", undefined, "a part of this path is not a directory", 1],
  ] as const
) {
  Deno.test(`${name.slice(0, 20)} is rejected by name, and nothing is opened`, async () => {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    await Deno.writeTextFile(sandbox.path("file"), "");
    await make?.(sandbox.path(name));
    const result = await run(shared, sandbox, {
      args: ["open", "file", name],
      env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
    });
    assertEquals(result.code, code);
    assertStringIncludes(result.stderr, message);
    assertStringIncludes(result.stderr, name.slice(0, 20));
    assertEquals(editor.messages, []);
  });
}

Deno.test("/dev/null counts as a file, because git difftool names it", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const result = await run(shared, sandbox, {
    args: ["open", "-d", "/dev/null", "new"],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
  });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(editor.messages[0]!.fileURIs, ["file:///dev/null", `file://${sandbox.path("new")}`]);
});

Deno.test("an option that asks VS Code for another action opens no window", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const result = await run(shared, sandbox, {
    args: ["open", "--locate-shell-integration-path", "bash"],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
  });
  assertEquals([result.code, result.stdout], [1, ""]);
  assertStringIncludes(result.stderr, "--locate-shell-integration-path");
  assertEquals(editor.messages, []);
});
