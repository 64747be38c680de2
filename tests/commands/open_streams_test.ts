/** Streams as operands of `open`: stdin and other descriptors from a shell. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  type EditorMessage,
  makeSandbox,
  run,
  type RunResult,
  type Sandbox,
  startEditor,
  startRegistry,
} from "../support/mod.ts";
import { isInstalled } from "../release/support.ts";

const WITHOUT_ZSH = !isInstalled("zsh");

interface Opened extends RunResult {
  readonly messages: readonly EditorMessage[];
  /** The contents of the files that the editor received. */
  readonly texts: readonly string[];
}

/** Runs a script in which `open` is `sessionctl open`, with a file `f` whose text is `text`. */
async function inShell(shell: string, script: string, stdin?: string): Promise<Opened> {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  return await runScript(sandbox, shell, script, stdin, editor);
}

async function runScript(
  sandbox: Sandbox,
  shell: string,
  script: string,
  stdin: string | undefined,
  editor: { socketPath: string; messages: readonly EditorMessage[] },
): Promise<Opened> {
  await Deno.writeTextFile(sandbox.path("f"), "text\n");
  const program = { name: "compiled", command: shell, args: ["-c"] } as const;
  const result = await run(program, sandbox, {
    args: [`open() { ${compiled.command} open "$@"; }\n${script}`],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
    stdin,
  });
  const paths = editor.messages.flatMap(({ fileURIs }) => fileURIs)
    .map((uri: string) => new URL(uri.replace(/:[0-9]+$/, "")).pathname);
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  return { ...result, messages: editor.messages, texts };
}

for (
  const [what, shell, script, texts] of [
    ["/dev/stdin from a file", "bash", "open /dev/stdin < f", ["text\n"]],
    ["/dev/stdin from a pipe", "bash", "echo piped | open /dev/stdin", ["piped\n"]],
    ["a here-string", "bash", "open /dev/stdin <<< here", ["here\n"]],
    ["/dev/fd/0", "bash", "open /dev/fd/0 < f", ["text\n"]],
    ["/proc/self/fd/0", "bash", "open /proc/self/fd/0 < f", ["text\n"]],
    ["a descriptor of a file", "bash", "open /dev/fd/3 3< f", ["text\n"]],
    ["a descriptor of a file that is gone", "bash", "exec 3< f; rm f; open /dev/fd/3", ["text\n"]],
    ["process substitution", "bash", "open <(echo one)", ["one\n"]],
    ["a diff of two commands", "bash", "open -d <(echo one) <(echo two)", ["one\n", "two\n"]],
    ["a diff of a command and stdin", "bash", "open -d <(echo one) - < f", ["one\n", "text\n"]],
    ["a here-string in zsh", "zsh", "open /dev/stdin <<< here", ["here\n"]],
    ["- from a here-string in zsh", "zsh", "open - <<< here", ["here\n"]],
    ["process substitution in zsh", "zsh", "open -d <(echo one) <(echo two)", ["one\n", "two\n"]],
  ] as const
) {
  const ignore = Deno.build.os === "windows" || (shell === "zsh" && WITHOUT_ZSH);
  Deno.test(`open copies the data of ${what}`, { ignore }, async () => {
    const result = await inShell(shell, script);
    assertEquals([result.code, result.stderr], [0, ""]);
    assertEquals(result.texts, texts);
    assertEquals(result.messages.length, 1);
    assertEquals(result.messages[0]!.diffMode, script.includes("-d"));
  });
}

Deno.test("a line can also be given for stdin", async () => {
  const result = await inShell("bash", "open +3 -", "1\n2\n3\n");
  assertEquals([result.code, result.texts], [0, ["1\n2\n3\n"]]);
  assertEquals([result.messages[0]!.gotoLineMode, result.messages[0]!.fileURIs[0].slice(-2)], [
    true,
    ":3",
  ]);
});

for (
  const [script, code, message] of [
    ["open /dev/fd/77", 1, "there is no open file at /dev/fd/77"],
    // From here on, the runtime has descriptors of its own.
    ["open /dev/fd/3 3<&-", 1, "there is no open file at /dev/fd/3"],
    ["open /dev/fd/3 3< .", 1, "/dev/fd/3 is a folder"],
    ["open - /dev/stdin < f", 2, "- and /dev/stdin name the same stream"],
    ["open /dev/fd/3 /dev/fd/3 3< f", 2, "/dev/fd/3 is given twice"],
  ] as const
) {
  Deno.test(`${script} opens nothing: ${message}`, {
    ignore: Deno.build.os !== "linux",
  }, async () => {
    const result = await inShell("bash", script);
    assertEquals([result.code, result.messages], [code, []], result.stderr);
    assertStringIncludes(result.stderr, message);
  });
}

for (
  const [what, script, code, sent] of [
    ["a pipe", "echo lost | open", 2, 0],
    ["a file", "open -r < f", 2, 0],
    ["a pipe that -n does not read", "echo | open --new-window", 0, 1],
    ["no input", "open < /dev/null", 0, 1],
    ["xargs -r without input", "true | xargs -r $0 open", 0, 0],
  ] as const
) {
  Deno.test(`open without operands, with ${what} on stdin, opens ${sent ? "a" : "no"} window`, async () => {
    const result = await inShell("bash", script);
    assertEquals([result.code, result.messages.length], [code, sent], result.stderr);
    if (code !== 0) {
      assertStringIncludes(result.stderr, "to open the input, run: sessionctl open -");
    }
  });
}

Deno.test("with a missing TMPDIR, streams and --wait use another private directory", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const child = run(compiled, sandbox, {
    args: ["open", "--wait", "-"],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath, TMPDIR: sandbox.path("gone") },
    stdin: "text",
  });
  const { fileURIs, waitMarkerFilePath } = await Promise.race([
    editor.nextMessage(),
    child.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ]);
  const { pathname } = new URL(fileURIs[0]);
  assertEquals(await Deno.readTextFile(pathname), "text");
  const directory = pathname.slice(0, pathname.lastIndexOf("/"));
  assertEquals(waitMarkerFilePath.startsWith(`${directory}/`), true);
  assertEquals(Deno.statSync(directory).mode! & 0o777, 0o700);
  await editor.closeTab();
  const { code, stderr } = await child;
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("a stream is copied to its end although another file has no window", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.directory }]);
  const program = { name: "compiled", command: "bash", args: ["-c"] } as const;
  const result = await run(program, sandbox, {
    args: [
      `(echo one; sleep 1; echo two) | ${compiled.command} open --strict - /elsewhere/f`,
    ],
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "no editor window found for /elsewhere/f");
  const [uri] = editor.messages[0]!.fileURIs;
  assertEquals(await Deno.readTextFile(new URL(uri)), "one\ntwo\n");
});

Deno.test("open does not wait for stdin if there is no window for it", async () => {
  await using sandbox = await makeSandbox();
  const program = { name: "compiled", command: "bash", args: ["-c"] } as const;
  const result = await run(program, sandbox, {
    args: [[
      "exec 3< <(exec sleep 1000)",
      `timeout -s KILL 20 ${compiled.command} open --strict - <&3`,
      "code=$?; kill $!; exit $code",
    ].join("\n")],
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "no editor window found");
});
