/** The message to an editor for each flag of `open`. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  type EditorMessage,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const NOTHING: EditorMessage = {
  type: "open",
  fileURIs: [],
  folderURIs: [],
  forceNewWindow: false,
  forceReuseWindow: false,
  diffMode: false,
  mergeMode: false,
  addMode: false,
  removeMode: false,
  gotoLineMode: false,
};

async function makeFiles(sandbox: Sandbox): Promise<string> {
  const folder = sandbox.path("work");
  await Deno.mkdir(`${folder}/sub`, { recursive: true });
  await Deno.mkdir(`${folder}/other`);
  for (const name of ["a", "b", "base", "result", "literal:12", "007", "-x"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "");
  }
  return folder;
}

/** Runs `open` in the folder `work`. @returns the messages to the hook variable's editor. */
async function opened(
  args: string[],
  env: Record<string, string> = {},
  program = shared,
): Promise<{ messages: readonly EditorMessage[]; stderr: string; uri: (name: string) => string }> {
  await using sandbox = await makeSandbox();
  const folder = await makeFiles(sandbox);
  const editor = await startEditor(sandbox);
  const result = await run(program, sandbox, {
    args: ["open", ...args],
    cwd: folder,
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath, ...env },
  });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(result.stdout, "");
  return { ...editor, stderr: result.stderr, uri: (name) => `file://${folder}/${name}` };
}

/** Tests one message: the flags, and the lists that contain the names. */
function testFlags(
  name: string,
  args: string[],
  expected: {
    files?: string[];
    folders?: string[];
    also?: Record<string, unknown>;
  },
): void {
  Deno.test(`open ${args.join(" ")}: ${name}`, async () => {
    const { messages, uri } = await opened(args);
    assertEquals(messages, [{
      ...NOTHING,
      fileURIs: (expected.files ?? []).map(uri),
      folderURIs: (expected.folders ?? []).map(uri),
      ...expected.also,
    }]);
  });
}

testFlags("a file", ["a"], { files: ["a"] });
testFlags("a folder", ["sub"], { folders: ["sub"] });
testFlags("files and folders in one message, in their order", ["b", "sub", "a", "other"], {
  files: ["b", "a"],
  folders: ["sub", "other"],
});
testFlags("no operand opens a window, like VS Code", [], {});
testFlags("a missing file is a new one", ["new.ts"], { files: ["new.ts"] });
testFlags("a file below a missing folder", ["no/such/new.ts"], {
  files: ["no/such/new.ts"],
});
testFlags("a line", ["a:3"], { files: ["a:3"], also: { gotoLineMode: true } });
testFlags("a line and a column", ["-g", "a:3:7"], {
  files: ["a:3:7"],
  also: { gotoLineMode: true },
});
testFlags("goto without a line", ["--goto", "a"], { files: ["a"], also: { gotoLineMode: true } });
testFlags("a colon after the line, as compilers print it", ["a:3:7:"], {
  files: ["a:3:7"],
  also: { gotoLineMode: true },
});
testFlags("a name that ends in :12 takes precedence over the line", ["-g", "literal:12"], {
  files: ["literal:12"],
});
testFlags("--reuse-window", ["-r", "a"], { files: ["a"], also: { forceReuseWindow: true } });
testFlags("--new-window", ["-n", "sub"], { folders: ["sub"], also: { forceNewWindow: true } });
testFlags("--diff", ["-d", "b", "a"], { files: ["b", "a"], also: { diffMode: true } });
testFlags("--merge", ["-m", "a", "b", "base", "result"], {
  files: ["a", "b", "base", "result"],
  also: { mergeMode: true },
});
testFlags("--add", ["-a", "sub", "other"], {
  folders: ["sub", "other"],
  also: { addMode: true },
});
testFlags("--remove, also of a folder that no longer exists", ["--remove", "sub", "gone"], {
  folders: ["sub", "gone"],
  also: { removeMode: true },
});
testFlags("combined short options", ["-rg", "a:2"], {
  files: ["a:2"],
  also: { forceReuseWindow: true, gotoLineMode: true },
});
testFlags("a number is a file's name", ["007"], { files: ["007"] });
testFlags("after --, a dash is part of a name", ["--", "-x"], { files: ["-x"] });

Deno.test("URIs are sent unchanged, before the operands", async () => {
  const { messages, uri } = await opened([
    "a",
    "--file-uri",
    "file:///x/y%20z",
    "--folder-uri=vscode-remote://wsl+Debian/home",
  ]);
  assertEquals(messages, [{
    ...NOTHING,
    fileURIs: ["file:///x/y%20z", uri("a")],
    folderURIs: ["vscode-remote://wsl+Debian/home"],
  }]);
});

Deno.test("--remote is passed on; local means a window without a remote", async () => {
  const ssh = await opened(["--remote", "ssh-remote+box", "sub"]);
  assertEquals(ssh.messages[0]!.remoteAuthority, "ssh-remote+box");
  const local = await opened(["--remote=local", "sub"]);
  assertEquals(local.messages[0]!.remoteAuthority, null);
});

Deno.test("a literal name and a line in one call are sent in two messages", async () => {
  const { messages, uri } = await opened(["a:3", "literal:12", "b"]);
  assertEquals(messages, [
    { ...NOTHING, fileURIs: [uri("a:3"), uri("b")], gotoLineMode: true },
    { ...NOTHING, fileURIs: [uri("literal:12")] },
  ]);
});

Deno.test("the line of a file whose name an editor would misread is omitted, with a note", async () => {
  const { messages, stderr, uri } = await opened(["literal:12:5"]);
  assertEquals(messages, [{ ...NOTHING, fileURIs: [uri("literal:12")] }]);
  assertStringIncludes(stderr, "literal:12:5: opened without the line");
});

Deno.test("a line that is omitted because of the other file of a diff also has a note", async () => {
  const { messages, stderr } = await opened(["-d", "literal:12", "a:5"]);
  assertEquals(messages[0]!.gotoLineMode, false);
  assertStringIncludes(stderr, "a:5: opened without the line");
});

Deno.test("VSCODE_CLI_AUTHORITY maps files to the remote of the hook variable's window", async () => {
  const { messages, uri } = await opened(["a:1", "sub"], {
    VSCODE_CLI_AUTHORITY: "ssh-remote+box",
  });
  const remote = (name: string) => uri(name).replace("file://", "vscode-remote://ssh-remote+box");
  assertEquals(messages, [{
    ...NOTHING,
    fileURIs: [remote("a:1")],
    folderURIs: [remote("sub")],
    gotoLineMode: true,
  }]);
});

Deno.test("VSCODE_CLI_AUTHORITY does not apply to a window named by --to", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const result = await run(compiled, sandbox, {
    args: ["open", "--to", editor.socketPath, "a"],
    env: { VSCODE_CLI_AUTHORITY: "ssh-remote+box" },
  });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(editor.messages[0]!.fileURIs, [`file://${sandbox.path("a")}`]);
});

Deno.test("unsupported options of VS Code are named and ignored, including their values", async () => {
  const { messages, stderr, uri } = await opened([
    "--user-data-dir",
    "/x",
    "--disable-extensions",
    "--no-sandbox",
    "--profile=work",
    "a",
  ]);
  assertEquals(messages, [{ ...NOTHING, fileURIs: [uri("a")] }]);
  for (const name of ["user-data-dir", "disable-extensions", "no-sandbox", "profile"]) {
    assertStringIncludes(stderr, `ignoring --${name}`);
  }
});

testProgram("a relative name keeps the links of PWD", async (program) => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await Deno.mkdir(sandbox.path("real"));
  await Deno.symlink("real", sandbox.path("link"));
  const open = async (pwd: string) => {
    const result = await run(program, sandbox, {
      args: ["open", "a"],
      cwd: sandbox.path("link"),
      env: { VSCODE_IPC_HOOK_CLI: editor.socketPath, PWD: pwd },
    });
    assertEquals(result.code, 0, result.stderr);
    return editor.messages.at(-1)!.fileURIs;
  };
  assertEquals(await open(sandbox.path("link")), [`file://${sandbox.path("link/a")}`]);
  // A PWD of another folder (make -C, env -C) is ignored.
  assertEquals(await open(sandbox.path("home")), [`file://${sandbox.path("real/a")}`]);
}, { source: shared });

// A program run from source does not see the name by which it is called.
Deno.test("a symlink named code acts like open", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await Deno.symlink(compiled.command, sandbox.path("code"));
  const code = { ...compiled, command: sandbox.path("code") };
  const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
  const result = await run(code, sandbox, { args: ["-r", "-g", "a:5"], env });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(editor.messages, [{
    ...NOTHING,
    fileURIs: [`file://${sandbox.path("a")}:5`],
    forceReuseWindow: true,
    gotoLineMode: true,
  }]);
});

for (
  const [name, encoded] of [
    ["with space", "with%20space"],
    ["50%", "50%25"],
    ["a%20b", "a%2520b"],
    ["what?", "what%3F"],
    ["c#", "c%23"],
    ["line\nbreak", "line%0Abreak"],
    ["tab\there", "tab%09here"],
    ["back\\slash", "back%5Cslash"],
    ['quo"te', "quo%22te"],
    ["it's", "it's"],
    ["ünï-日本", "%C3%BCn%C3%AF-%E6%97%A5%E6%9C%AC"],
    [" leading and trailing ", "%20leading%20and%20trailing%20"],
    ["semi;colon&amp", "semi;colon&amp"],
  ] as const
) {
  Deno.test(`a file named ${JSON.stringify(name)} is opened by its correct URL`, async () => {
    const { messages, uri } = await opened([name]);
    assertEquals(messages[0]!.fileURIs, [uri(encoded)]);
  });
}
