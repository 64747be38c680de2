/** The operands of `open`: lines, URIs, and search output. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type EditorMessage,
  makeSandbox,
  run,
  type RunResult,
  startEditor,
} from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

interface Opened extends RunResult {
  readonly messages: readonly EditorMessage[];
  /** The files that the editor received, relative to the current folder. */
  readonly files: readonly string[];
}

/**
 * Runs `open` in a folder with the files `a`, `b`, `+7`, `a b`, `src/f.ts` and the folder `sub`.
 */
async function opened(args: readonly string[]): Promise<Opened> {
  await using sandbox = await makeSandbox();
  for (const folder of ["sub", "src"]) await Deno.mkdir(sandbox.path(folder));
  for (const name of ["a", "b", "+7", "a b", "src/f.ts", "100%"]) {
    await Deno.writeTextFile(sandbox.path(name), "");
  }
  const editor = await startEditor(sandbox);
  const here = (text: string) => text.replaceAll("$HERE", sandbox.directory);
  const result = await run(shared, sandbox, {
    args: ["open", ...args.map(here)],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
  });
  const files = editor.messages.flatMap(({ fileURIs, folderURIs }) => [...fileURIs, ...folderURIs])
    .map((uri: string) => uri.replace(`file://${sandbox.directory}/`, ""));
  return { ...result, messages: editor.messages, files };
}

for (
  const [args, files] of [
    [["+12", "a"], ["a:12"]],
    [["+12:3", "a"], ["a:12:3"]],
    [["+12,3", "a"], ["a:12:3"]],
    [["a", "+12"], ["a:12"]],
    [["a", "+12,3"], ["a:12:3"]],
    [["a", "+12", "b"], ["a", "b:12"]],
    [["+1", "a", "+2", "b"], ["a:1", "b:2"]],
    [["+12", "new.ts"], ["new.ts:12"]],
    [["+12", "a:3"], ["a:12"]],
    [["-r", "+12", "--", "a"], ["a:12"]],
    [["+7", "a"], ["+7", "a"]],
    [["--", "+12", "a"], ["+12", "a"]],
    [["./+12", "a"], ["+12", "a"]],
    [["+x", "a"], ["+x", "a"]],
    [["+12", "sub"], ["sub"]],
    [["src/f.ts:1:text"], ["src/f.ts:1"]],
    [["src/f.ts:1:2:  if (a::b) return x:3:4:"], ["src/f.ts:1:2"]],
    [[`src/f.ts:30:${"long ".repeat(200)}`], ["src/f.ts:30"]],
    [["src/none.ts:1:text"], ["src/none.ts:1:text"]],
    [["file://$HERE/a"], ["a"]],
    [["file://$HERE/a%20b"], ["a%20b"]],
    [["file://localhost$HERE/a%20b:12:3"], ["a%20b:12:3"]],
    [["file:$HERE/a:12"], ["a:12"]],
    [["file://$HERE/a#L12"], ["a:12"]],
    [["+5", "file://$HERE/a%20b"], ["a%20b:5"]],
    [["file://$HERE/100%25"], ["100%25"]],
    [["file://$HERE/sub"], ["sub"]],
    [["file://$HERE/new%20file"], ["new%20file"]],
  ] as const
) {
  Deno.test(`open ${args.join(" ").slice(0, 60)} opens ${files.join(" and ")}`, async () => {
    const result = await opened(args);
    assertEquals([result.code, result.stderr], [0, ""]);
    assertEquals(result.files, files);
    const goto = files.some((file) => /:[0-9]+$/.test(file) && !/text$/.test(file));
    assertEquals(result.messages.some(({ gotoLineMode }) => gotoLineMode), goto);
  });
}

for (
  const [args, message] of [
    [["https://example.org/a"], "sessionctl browse opens URLs"],
    [["http://localhost:8080"], "is a URL, not a file"],
    [["vscode://file/etc/hosts:3"], "sessionctl browse"],
    [["vscode-remote://ssh-remote+x/a"], "use --file-uri"],
    [["file://elsewhere.example/etc/hosts"], "another machine, elsewhere.example"],
    [["file:///100%"], "is not a valid URI"],
    [["file:///a%00b"], "is not a valid URI"],
    [["file://"], "does not name an absolute path"],
    [["+12"], "+12 is a line number without a file"],
    [["+12", "+13", "a"], "+12 is a line"],
    [["a", "+1", "b", "+2"], "+2 is a line"],
  ] as const
) {
  Deno.test(`open ${args.join(" ")} is a usage error: ${message}`, async () => {
    const result = await opened(args);
    assertEquals([result.code, result.stdout, result.messages], [2, "", []]);
    assertStringIncludes(result.stderr, message);
  });
}

for (const args of [["--remote=", "a"], ["a", "--remote"], ["--remote", "", "a"]]) {
  Deno.test(`open ${JSON.stringify(args)} means a local window, like in VS Code`, async () => {
    const { messages, files } = await opened(args);
    assertEquals([messages[0]!.remoteAuthority, files], [null, ["a"]]);
  });
}

Deno.test("Chromium's features are named and ignored", async () => {
  const result = await opened(["--enable-features=X", "--disable-features=Y,Z", "a"]);
  assertEquals([result.code, result.files], [0, ["a"]]);
  for (const name of ["enable-features", "disable-features"]) {
    assertStringIncludes(result.stderr, `ignoring --${name}`);
  }
});
