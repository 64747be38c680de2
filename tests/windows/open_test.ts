import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { pipeName, sessionctl, startPipeEditor, startRegistry, testOnWindows } from "./support.ts";

/** The URI that an editor receives for a path such as `C:\a b\c.ts`. */
function uriOf(path: string): string {
  return `file:///${path.replaceAll("\\", "/").replaceAll(" ", "%20")}`;
}

async function fileIn(sandbox: Sandbox, ...parts: string[]): Promise<string> {
  const path = sandbox.path(...parts);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, "text\n");
  return path;
}

testOnWindows("open sends a file to the pipe that VSCODE_IPC_HOOK_CLI names", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startPipeEditor(sandbox);
  const file = await fileIn(sandbox, "api", "a b.ts");
  const env = { VSCODE_IPC_HOOK_CLI: editor.path };
  const result = await sessionctl(sandbox, ["open", "api\\a b.ts:12:3"], { env });
  assertEquals(result, { code: 0, stdout: "", stderr: "" });
  assertEquals(editor.messages.length, 1);
  const [message] = editor.messages;
  assertEquals(message!.type, "open");
  assertEquals(message!.fileURIs, [`${uriOf(file)}:12:3`]);
  assertEquals(message!.gotoLineMode, true);
});

testOnWindows(
  "open finds a registered window by its folder, however the path is written",
  async () => {
    await using sandbox = await makeSandbox();
    await startRegistry(sandbox);
    const [api, web] = [await startPipeEditor(sandbox), await startPipeEditor(sandbox)];
    const file = await fileIn(sandbox, "api", "src", "main.ts");
    const folder = sandbox.path("api");
    for (const [pipe, name] of [[api.path, folder], [web.path, sandbox.path("web")]] as const) {
      const added = await sessionctl(sandbox, ["add", pipe, name]);
      assertEquals(added.code, 0, added.stderr);
    }
    const drive = file[0]!;
    const ways = [
      file,
      file.toUpperCase(),
      file.replaceAll("\\", "/"),
      drive.toLowerCase() + file.slice(1),
      `\\\\?\\${file}`,
      uriOf(file),
      `${file}:7`,
      "api/src/main.ts",
      "api\\src\\..\\new.ts",
    ];
    for (const way of ways) {
      const before = api.messages.length;
      const result = await sessionctl(sandbox, ["open", way]);
      assertEquals(result.code, 0, `${way}: ${result.stderr}`);
      assertEquals([api.messages.length - before, web.messages.length], [1, 0], way);
    }
    const found = await sessionctl(sandbox, ["find", file.toUpperCase()]);
    assertEquals([found.stdout.trim(), found.stderr], [api.path, ""]);
    assertEquals([api.silent(), web.silent()], [0, 0], "connections without a request");
  },
);

testOnWindows("open --wait waits until the marker is deleted", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startPipeEditor(sandbox);
  await fileIn(sandbox, "a.txt");
  const waiting = sessionctl(sandbox, ["open", "--wait", "--to", editor.path, "a.txt"]);
  await until("the editor is told", () => editor.messages.length === 1);
  const marker = editor.messages[0]!.waitMarkerFilePath;
  assert(marker.startsWith(sandbox.path("tmp")), marker);
  await Deno.remove(marker);
  assertEquals((await waiting).code, 0);
});

testOnWindows("open - sends stdin as a file", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startPipeEditor(sandbox);
  const opened = sessionctl(sandbox, ["open", "--wait", "--to", editor.path, "-"], { stdin: "hi" });
  await until("the editor is told", () => editor.messages.length === 1);
  const [uri] = editor.messages[0]!.fileURIs as string[];
  assertMatch(uri!, /^file:\/\/\/[A-Za-z]:\/.*\/tmp\//);
  assertEquals(await Deno.readTextFile(new URL(uri!)), "hi");
  await Deno.remove(editor.messages[0]!.waitMarkerFilePath);
  assertEquals((await opened).code, 0);
});

testOnWindows("open names the pipe that does not exist", async () => {
  await using sandbox = await makeSandbox();
  await fileIn(sandbox, "a.txt");
  const path = pipeName("vscode-ipc");
  const { code, stderr } = await sessionctl(sandbox, ["open", "--to", path, "a.txt"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `--to ${path}: no process listens there`);
});

testOnWindows("open sends a file to the main process of a desktop editor", async () => {
  await using sandbox = await makeSandbox();
  const file = await fileIn(sandbox, "api", "main.ts");
  const folder = uriOf(sandbox.path("api"));
  const socketPath = `\\\\.\\pipe\\1d2c3b4a-1.135.${Deno.pid}-main-sock`;
  const editor = await startDesktop(sandbox, { socketPath, windows: [{ folders: [folder] }] });
  const env = { VSCODE_IPC_HOOK: socketPath };
  const result = await sessionctl(sandbox, ["open", `${file}:3`], { env });
  assertEquals(result.code, 0, result.stderr);
  const { args, env: sent } = await editor.nextStart();
  assertEquals(args["file-uri"], [`${uriOf(file)}:3`]);
  assertEquals(args.goto, true);
  assertEquals(sent, { VSCODE_CLI: "1" });
  const listed = await sessionctl(sandbox, ["list", "--all", "--json"], { env });
  assertStringIncludes(listed.stdout, folder);
});
