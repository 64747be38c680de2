/** The output and exit code of `open` when it finds or misses a window. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { SessionctlError } from "../../src/errors.ts";
import { system, type SystemContext } from "../../src/platform/mod.ts";
import { Router } from "../../src/routing/mod.ts";
import {
  compiled,
  run,
  type Sandbox,
  startEditor,
  startRegistry,
  testProgram,
} from "../support/mod.ts";
import { makeFolders, open as openInProcess, openWith } from "./folders.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();
const open = openWith(shared);

testProgram("if no window is found, the error lists everything that was tried", async (program) => {
  await using sandbox = await makeFolders();
  const result = await run(program, sandbox, {
    args: ["open", "--strict", "one/f"],
    env: { VSCODE_IPC_HOOK_CLI: sandbox.path("gone.sock") },
  });
  assertEquals(result.code, 1);
  const lines = result.stderr.trimEnd().split("\n");
  assertEquals(lines[0], `sessionctl: no editor window found for ${sandbox.path("one/f")}`);
  for (
    const tried of [
      /^ {2}VSCODE_IPC_HOOK_CLI .*gone\.sock: dead/,
      /^ {2}registry: no registry is running: .*registry\.sock/,
      /^ {2}code-server's registry/,
      /^ {2}instance sockets: none/,
      /^ {2}discovered editor sockets: /,
    ]
  ) assert(lines.some((line) => tried.test(line)), `${tried} in\n${result.stderr}`);
  assertMatch(lines.at(-1)!, /--to SOCKET, .* export SESSIONCTL_LAUNCH=vim$/);
});

Deno.test("many files without a window are one error, which lists each step once", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const folders = Array.from({ length: 100 }, (_, at) => `many/${at}`);
  for (const folder of folders) await Deno.mkdir(sandbox.path(folder), { recursive: true });
  const files = folders.map((folder) => `${folder}/f`);
  const result = await open(sandbox, ["--strict", ...files]);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, `${sandbox.path("many/2/f")} and 97 more\n`);
  assertEquals(result.stderr.match(/no editor window found/g)?.length, 1);
  assertMatch(result.stderr, /\n {2}\d+ more lines with --verbose\n/);
  assert(result.stderr.split("\n").length < 80);
});

Deno.test("without a window, the error names a running code-server and how to open a window", async () => {
  await using sandbox = await makeFolders();
  startRegistry(sandbox, [], sandbox.path("home/.local/share/code-server/code-server-ipc.sock"));
  // A system without the windows of the user who runs the tests.
  const context: SystemContext = {
    ...system,
    os: "darwin",
    uid: system.uid,
    env: (name) => sandbox.env[name],
    isDirectory: (path) => path.startsWith(sandbox.directory),
  };
  const router = new Router({ registrySocket: sandbox.path("none.sock"), context });
  const error = await assertRejects(() => router.route([sandbox.path("one/f")]), SessionctlError);
  assertMatch(
    error.message,
    /code-server-ipc\.sock: is running but has no window: open its page in a browser\n/,
  );
});

Deno.test("the default hint without a window names no option that only open has", async () => {
  await using sandbox = await makeFolders();
  const router = new Router({ strict: true, registrySocket: sandbox.path("none.sock") });
  const error = await assertRejects(() => router.route([sandbox.path("one/f")]), SessionctlError);
  assertEquals(error.hint, "start an editor, or name one: --to SOCKET");
});

Deno.test("--verbose shows the walk", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const { stderr, stdout } = await open(sandbox, ["--verbose", "one/f"]);
  assertEquals(stdout, "");
  assertStringIncludes(stderr, "sessionctl: VSCODE_IPC_HOOK_CLI: not set\n");
  assertStringIncludes(stderr, `registered ${editor.socketPath}: live, has ${sandbox.path("one")}`);
});

Deno.test({
  name: "a socket of another user is never used, unless --allow-owner names its owner",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeFolders();
    const foreign = await startEditor(sandbox);
    await Deno.chown(foreign.socketPath, 4242, 4242);
    const env = { VSCODE_IPC_HOOK_CLI: foreign.socketPath };
    startRegistry(sandbox, [{ socketPath: foreign.socketPath, folder: sandbox.path("one") }]);
    const refused = await open(sandbox, ["--strict", "one/f"], env);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "belongs to another user");
    assertEquals([foreign.messages.length, foreign.probes], [0, 0]);
    const named = await open(sandbox, ["--to", foreign.socketPath, "one/f"]);
    assertEquals(named.code, 1);
    assertEquals((await open(sandbox, ["--allow-owner", "4242", "one/f"], env)).code, 0);
    assertEquals(foreign.messages.length, 1);
  },
});

testProgram("--dry-run prints target and message, and sends nothing", async (program) => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
  const args = ["open", "--dry-run", "one/f:2"];
  const text = await run(program, sandbox, { args, env });
  const [target, message, rest] = text.stdout.split("\n");
  assertEquals([target, rest], [editor.socketPath, ""]);
  assertEquals(JSON.parse(message!).fileURIs, [`file://${sandbox.path("one/f")}:2`]);
  const json = await run(program, sandbox, { args: [...args, "--json"], env });
  assertEquals(JSON.parse(json.stdout), {
    dryRun: true,
    targets: [{
      socketPath: editor.socketPath,
      step: "hook",
      folder: null,
      message: JSON.parse(message!),
    }],
  });
  assertEquals(editor.messages, []);
});

Deno.test("--json prints what was sent to which window", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const { stdout } = await open(sandbox, ["--json", "one/f"]);
  assertEquals(JSON.parse(stdout), {
    dryRun: false,
    targets: [{
      socketPath: editor.socketPath,
      step: "registry",
      folder: sandbox.path("one"),
      message: editor.messages[0],
    }],
  });
});

Deno.test("if nothing is sent, --json prints the error alone, as for every other command", async () => {
  await using sandbox = await makeFolders();
  startRegistry(sandbox, []);
  for (
    const args of [
      ["open", "--strict", "one/f"],
      ["open", "--strict", "--dry-run", "one/f"],
      ["find", "one/f"],
      ["remove", "gone"],
    ]
  ) {
    const { code, stdout, stderr } = await run(shared, sandbox, { args: [...args, "--json"] });
    assertEquals([code, stdout], [1, ""], args.join(" "));
    assertEquals(typeof JSON.parse(stderr).error.code, "string", args.join(" "));
  }
});

Deno.test("--launch runs with the files if there is no window, and open exits with its code", async () => {
  await using sandbox = await makeFolders();
  const launch = `printf '<%s>' >${sandbox.path("out")}`;
  const result = await openInProcess(sandbox, [
    "--strict",
    "--launch",
    launch,
    "one/f:3",
    "a b",
    "--",
    "-x",
  ]);
  assertEquals(result.code, 0, result.stderr);
  assertEquals(await Deno.readTextFile(sandbox.path("out")), "<one/f:3><a b><./-x>");
  const env = { SESSIONCTL_LAUNCH: "sh -c 'exit 7'" };
  assertEquals((await openInProcess(sandbox, ["--strict", "one/f"], env)).code, 7);
});

Deno.test("--launch gets paths for URIs and lines of a search, and the line of +LINE", async () => {
  await using sandbox = await makeFolders();
  const f = sandbox.path("one/f");
  const { code, stdout } = await openInProcess(sandbox, [
    "--strict",
    "--launch",
    "printf '%s,'",
    `file://${f}#L4`,
    "one/f:3:found: this",
    "+5:6",
    "one/f",
  ]);
  assertEquals([code, stdout], [0, `${f}:4,${f}:3,${f}:5:6,`]);
});

Deno.test("files that --launch opens keep their order", async () => {
  await using sandbox = await makeFolders();
  const { code, stdout } = await openInProcess(sandbox, [
    "--strict",
    "--launch",
    "printf '%s,'",
    "one/f",
    "two/f",
    "one/g",
  ]);
  assertEquals([code, stdout], [0, "one/f,two/f,one/g,"]);
});

Deno.test("a failing --launch does not hide what was sent", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const { code, stdout, stderr } = await openInProcess(sandbox, [
    "--strict",
    "--json",
    "--launch",
    `${compiled.command} open`,
    "one/f",
    "two/f",
  ]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--launch would run sessionctl again");
  assertEquals(JSON.parse(stdout).targets.length, 1);
});

Deno.test("--launch does not run for files that have a window", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: editor.socketPath, folder: sandbox.path("one") }]);
  const launch = `echo >${sandbox.path("out")}`;
  const both = ["--strict", "--launch", launch, "one/f", "two/f"];
  assertEquals((await openInProcess(sandbox, both)).code, 0);
  assertEquals(await Deno.readTextFile(sandbox.path("out")), "two/f\n");
  assertEquals(editor.messages.length, 1);
});

Deno.test("an editor that refuses causes an error with its reason, and no other editor is asked", async () => {
  await using sandbox = await makeFolders();
  const refusing = await startEditor(sandbox, { behaviour: "refuse" });
  const other = await startEditor(sandbox);
  startRegistry(sandbox, [{ socketPath: other.socketPath, folder: sandbox.path("one") }]);
  const result = await open(sandbox, ["one/f"], { VSCODE_IPC_HOOK_CLI: refusing.socketPath });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, "refused (500): the editor said no to open");
  assertEquals(other.messages, []);
});

Deno.test("open works without HOME and XDG_RUNTIME_DIR", async () => {
  await using sandbox = await makeFolders();
  const editor = await startEditor(sandbox);
  const { HOME: _home, XDG_RUNTIME_DIR: _run, ...env } = sandbox.env;
  const result = await run(compiled, { ...sandbox, env } as Sandbox, {
    args: ["open", "one/f"],
    env: { VSCODE_IPC_HOOK_CLI: editor.socketPath },
  });
  assertEquals(result.code, 0, result.stderr);
  const none = await run(compiled, { ...sandbox, env } as Sandbox, {
    args: ["open", "--strict", "one/f"],
  });
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, "no editor window found");
});
