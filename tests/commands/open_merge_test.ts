/** `open --wait --merge` as a merge tool, and its exit code. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, resolve } from "@std/path";
import { sharedProcess } from "../support/shared_process.ts";
import {
  compiled,
  type EditorMessage,
  type FakeEditor,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  until,
} from "../support/mod.ts";

const shared = await sharedProcess();

const recipes = await Deno.readTextFile(resolve(import.meta.dirname!, "../../docs/recipes.md"));
/** The commands from the documentation that make git use sessionctl for merges. */
const recipe = [...recipes.matchAll(/^git config merge(?:tool)?\..*$/gm)].map(([line]) => line);

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const RESOLVED = "const port = 8081;\n";

const hasGit = await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

/** Simulates the user: changes RESULT and closes the tab. */
async function merge(
  editor: FakeEditor,
  edit: (result: string, message: EditorMessage) => Promise<void> | void,
): Promise<EditorMessage> {
  const message = await editor.nextMessage();
  await edit(new URL(message.fileURIs[3]).pathname, message);
  await editor.closeTab();
  return message;
}

interface Repository {
  readonly file: string;
  git(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Creates a repository with a merge in progress, whose two sides have changed the same line. */
async function makeConflict(sandbox: Sandbox, editor: FakeEditor): Promise<Repository> {
  const folder = sandbox.path("work");
  const file = `${folder}/port.ts`;
  const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
  await Deno.mkdir(folder);
  const command = (name: string, args: string[]) =>
    new Deno.Command(name, {
      args,
      cwd: folder,
      clearEnv: true,
      env: {
        ...sandbox.env,
        GIT_CONFIG_NOSYSTEM: "1",
        PATH: `${dirname(compiled.command)}:${sandbox.env.PATH}`,
        VSCODE_IPC_HOOK_CLI: editor.socketPath,
      },
      stdin: "null",
    }).output().then(({ code, stdout, stderr }) => ({
      code,
      stdout: text(stdout),
      stderr: text(stderr),
    }));
  const git = (...args: string[]) => command("git", [...identity, ...args]);
  const commit = async (content: string) => {
    await Deno.writeTextFile(file, content);
    await git("add", ".");
    const { code, stderr } = await git("commit", "--quiet", "--message=Port");
    assertEquals(code, 0, stderr);
  };
  await git("init", "--quiet", "--initial-branch=main");
  await commit("const port = 8080;\n");
  await git("switch", "--quiet", "--create", "theirs");
  await commit("const port = 9090;\n");
  await git("switch", "--quiet", "main");
  await commit("const port = 8081;\n");
  assertEquals((await git("merge", "theirs")).code, 1);
  assertEquals(recipe.length, 3);
  const configured = await command("sh", ["-e", "-c", recipe.join("\n")]);
  assertEquals(configured.code, 0, configured.stderr);
  return { file, git };
}

function testMergetool(name: string, body: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test({
    name: `git mergetool, as documented: ${name}`,
    ignore: !hasGit,
    fn: async () => {
      await using sandbox = await makeSandbox();
      await body(sandbox);
    },
  });
}

testMergetool("a resolved and saved file is staged", async (sandbox) => {
  const editor = await startEditor(sandbox);
  const { file, git } = await makeConflict(sandbox, editor);
  const merging = git("mergetool", "--no-prompt");
  const { mergeMode, fileURIs } = await merge(
    editor,
    (result) => Deno.writeTextFile(result, RESOLVED),
  );
  assertEquals(mergeMode, true);
  for (const [index, side] of ["REMOTE", "LOCAL", "BASE"].entries()) {
    assertMatch(fileURIs[index], new RegExp(`/work/port_${side}_[0-9]+\\.ts$`));
  }
  const { code, stderr } = await merging;
  assertEquals(code, 0, stderr);
  assertEquals((await git("status", "--porcelain", "-uno")).stdout, "");
  assertEquals((await git("ls-files", "--unmerged")).stdout, "");
  assertEquals(await Deno.readTextFile(file), RESOLVED);
});

testMergetool("closing a tab without saving stages nothing", async (sandbox) => {
  const editor = await startEditor(sandbox);
  const { file, git } = await makeConflict(sandbox, editor);
  const before = await Deno.readTextFile(file);
  const merging = git("mergetool", "--no-prompt");
  await merge(editor, () => {});
  const { code, stderr } = await merging;
  assertEquals(code, 1);
  assertStringIncludes(stderr, "port.ts is unchanged");
  assertMatch((await git("ls-files", "--unmerged")).stdout, /port\.ts\n.*port\.ts\n/);
  assertEquals(await Deno.readTextFile(file), before);
});

testMergetool(
  "conflict markers are never staged, and the partial work is kept",
  async (sandbox) => {
    const editor = await startEditor(sandbox);
    const { file, git } = await makeConflict(sandbox, editor);
    const conflict = await Deno.readTextFile(file);
    const partly = `// half of it is done\n${conflict}`;
    const merging = git("mergetool", "--no-prompt");
    await merge(editor, (result) => Deno.writeTextFile(result, partly));
    const { code, stderr } = await merging;
    assertEquals(code, 1);
    assertStringIncludes(stderr, "still has a conflict marker in line 2");
    assertMatch((await git("ls-files", "--unmerged")).stdout, /port\.ts/);
    assertEquals((await git("diff", "--cached", "--name-only")).stdout.includes("half"), false);
    // Git has restored its own copy.
    assertEquals(await Deno.readTextFile(file), conflict);
    const [, kept] = /a copy of the result is (\/\S+)/.exec(stderr) ?? [];
    assert(kept, stderr);
    assertEquals(await Deno.readTextFile(kept), partly);
    assertEquals((await Deno.stat(kept)).mode! & 0o777, 0o600);
  },
);

testMergetool("an editor that dies stages nothing", async (sandbox) => {
  const editor = await startEditor(sandbox);
  const { git } = await makeConflict(sandbox, editor);
  const merging = git("mergetool", "--no-prompt");
  const { fileURIs } = await editor.nextMessage();
  await Deno.writeTextFile(new URL(fileURIs[3]).pathname, RESOLVED);
  await editor.die();
  assertEquals((await merging).code, 1);
  assertMatch((await git("ls-files", "--unmerged")).stdout, /port\.ts/);
});

/** Runs `open --wait --merge a b base RESULT` with this edit of RESULT. */
async function openMerge(
  sandbox: Sandbox,
  edit: (result: string) => Promise<void> | void,
  operands = ["a", "b", "base", "result"],
) {
  const editor = await startEditor(sandbox);
  const running = run(shared, sandbox, {
    args: ["open", "--json", "--to", editor.socketPath, "--wait", "--merge", ...operands],
  });
  await merge(editor, edit);
  const { code, stderr } = await running;
  await editor.die();
  return { code, error: stderr === "" ? undefined : JSON.parse(stderr).error };
}

const MARKED = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n";

Deno.test("a marker that one of the inputs contains does not count, and each kind of leftover is found", async () => {
  await using sandbox = await makeSandbox();
  const quoted = "Git writes\n<<<<<<< HEAD\n";
  for (const name of ["a", "b", "base"]) await Deno.writeTextFile(sandbox.path(name), quoted);
  const outcome = async (result: string) => {
    await Deno.writeTextFile(sandbox.path("result"), MARKED);
    const write = (path: string) => Deno.writeTextFile(path, result);
    const { code, error } = await openMerge(sandbox, write);
    return code === 0 ? "merged" : /in line [0-9]+/.exec(error.message)?.[0];
  };
  assertEquals(await outcome(`${quoted}Title\n=======\n`), "merged");
  assertEquals(await outcome(""), "merged");
  assertEquals(await outcome("x\n>>>>>>>> branch\n"), "in line 2");
  assertEquals(await outcome("x\r\n<<<<<<<\r\n"), "in line 2");
  assertEquals(await outcome("<<<<<<<HEAD\n  >>>>>>> x\n"), "merged");
});

Deno.test("a new result counts as merged, an unchanged or missing one does not", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("result");
  for (const name of ["a", "b", "base"]) await Deno.writeTextFile(sandbox.path(name), "x\n");
  assertEquals(await openMerge(sandbox, (path) => Deno.writeTextFile(path, "y\n")), {
    code: 0,
    error: undefined,
  });
  // Written again with the same bytes.
  const same = await openMerge(sandbox, (path) => Deno.writeTextFile(path, "y\n"));
  assertEquals([same.code, same.error.code], [1, "NOT_MERGED"]);
  assertStringIncludes(same.error.message, `${path} is unchanged`);
  const gone = await openMerge(sandbox, (path) => Deno.remove(path));
  assertEquals([gone.code, gone.error.code], [1, "NOT_MERGED"]);
  assertStringIncludes(gone.error.message, `${path} does not exist`);
  // No copy remains.
  await until(
    "the private files are gone",
    () => [...Deno.readDirSync(sandbox.path("tmp"))].length === 0,
  );
});
