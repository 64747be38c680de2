/** `open --wait` and `open -`: private files, and the end of the wait in every case. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import {
  compiled,
  type FakeEditor,
  makeSandbox,
  type Program,
  type RunResult,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";

interface Running {
  readonly child: Deno.ChildProcess;
  readonly ended: Promise<RunResult>;
  write(text: string): Promise<void>;
  endInput(): Promise<void>;
}

function startOpen(
  program: Program,
  sandbox: Sandbox,
  editor: FakeEditor,
  args: string[],
): Running {
  const child = new Deno.Command(program.command, {
    args: [...program.args, "open", ...args],
    cwd: sandbox.directory,
    env: { ...sandbox.env, VSCODE_IPC_HOOK_CLI: editor.socketPath },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const ended = child.output().then(({ code, stdout, stderr }) => ({
    code,
    stdout: text(stdout),
    stderr: text(stderr),
  }));
  return {
    child,
    ended,
    write: (text) => input.write(new TextEncoder().encode(text)),
    // The process may have ended already.
    endInput: () => input.close().catch(() => {}),
  };
}

function mode(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

async function assertGone(path: string): Promise<void> {
  assertEquals(await Deno.lstat(path).then(() => true, () => false), false, path);
}

async function filesLeft(sandbox: Sandbox): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(sandbox.path("tmp")), ({ name }) => name);
}

testProgram(
  "--wait returns when the editor deletes the marker, which is private",
  async (program) => {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    const open = startOpen(program, sandbox, editor, ["--wait", "f"]);
    const { waitMarkerFilePath, ...message } = await editor.nextMessage();
    assertEquals(message.fileURIs, [`file://${sandbox.path("f")}`]);
    assertEquals([mode(waitMarkerFilePath), mode(dirname(waitMarkerFilePath))], [0o600, 0o700]);
    await editor.closeTab();
    const { code, stderr } = await open.ended;
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await filesLeft(sandbox), []);
    await open.endInput();
  },
);

testProgram("--wait exits 1 with a message when the editor dies", async (program) => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const open = startOpen(program, sandbox, editor, ["-w", "f"]);
  await editor.nextMessage();
  await editor.die();
  const { code, stderr } = await open.ended;
  assertEquals(code, 1);
  assertStringIncludes(stderr, `the editor at ${editor.socketPath} ended`);
  assertEquals(await filesLeft(sandbox), []);
  await open.endInput();
});

Deno.test("--wait exits 0 if the editor closes the tab and then ends", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const open = startOpen(compiled, sandbox, editor, ["--wait", "f"]);
  await editor.nextMessage();
  await editor.closeTab();
  await editor.die();
  assertEquals((await open.ended).code, 0);
  await open.endInput();
});

Deno.test("--wait continues while the editor hangs, and ends when it wakes", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const open = startOpen(compiled, sandbox, editor, ["--wait", "f"]);
  await editor.nextMessage();
  editor.behaviour = "hang";
  const ended = open.ended.then(() => "ended");
  const pause = new Promise<string>((resolve) => setTimeout(() => resolve("waiting"), 1500));
  assertEquals(await Promise.race([ended, pause]), "waiting");
  await editor.closeTab();
  assertEquals((await open.ended).code, 0);
  await open.endInput();
});

Deno.test("--wait with files in two messages waits for both", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await Deno.writeTextFile(sandbox.path("literal:1"), "");
  // Two messages, because one name must not be read with a line.
  const open = startOpen(compiled, sandbox, editor, ["--wait", "f:3", "literal:1"]);
  const markers = [await editor.nextMessage(), await editor.nextMessage()]
    .map((message) => message.waitMarkerFilePath);
  assert(markers[0] !== markers[1]);
  await Deno.remove(markers[0]);
  const ended = open.ended.then(() => "ended");
  const pause = new Promise<string>((resolve) => setTimeout(() => resolve("waiting"), 300));
  assertEquals(await Promise.race([ended, pause]), "waiting");
  await Deno.remove(markers[1]);
  assertEquals((await open.ended).code, 0);
  await open.endInput();
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} ends --wait and removes the private files`, async () => {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    const open = startOpen(compiled, sandbox, editor, ["--wait", "f", "-"]);
    await open.write("text");
    await open.endInput();
    const { waitMarkerFilePath } = await editor.nextMessage();
    open.child.kill(signal);
    assertEquals((await open.ended).code, code);
    await assertGone(waitMarkerFilePath);
    assertEquals(await filesLeft(sandbox), []);
  });
}

testProgram("- opens the data on stdin in a private file", async (program) => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await Deno.writeTextFile(sandbox.path("a"), "");
  const open = startOpen(program, sandbox, editor, ["-d", "-", "a"]);
  await open.write("first\n");
  await open.write("second\n");
  await open.endInput();
  const message = await editor.nextMessage();
  assertEquals(message.diffMode, true);
  assertEquals(message.waitMarkerFilePath, undefined);
  assertEquals(message.fileURIs[1], `file://${sandbox.path("a")}`);
  const path = new URL(message.fileURIs[0]).pathname;
  assertEquals((await open.ended).code, 0);
  // The editor still shows it; without --wait, its end is unknown.
  assertEquals(await Deno.readTextFile(path), "first\nsecond\n");
  assertEquals([mode(path), mode(dirname(path))], [0o600, 0o700]);
});

Deno.test("- with --wait removes the file when its tab is closed", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const open = startOpen(compiled, sandbox, editor, ["--wait", "-"]);
  await open.write("text");
  await open.endInput();
  const message = await editor.nextMessage();
  const path = new URL(message.fileURIs[0]).pathname;
  assertEquals(await Deno.readTextFile(path), "text");
  await editor.closeTab();
  assertEquals((await open.ended).code, 0);
  await assertGone(path);
});

Deno.test("- opens a stream that does not end, which then grows in the editor", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const open = startOpen(compiled, sandbox, editor, ["-"]);
  await open.write("first\n");
  const path = new URL((await editor.nextMessage()).fileURIs[0]).pathname;
  assertEquals(await Deno.readTextFile(path), "first\n");
  await open.write("second\n");
  await open.endInput();
  assertEquals((await open.ended).code, 0);
  assertEquals(await Deno.readTextFile(path), "first\nsecond\n");
});

Deno.test("- leaves no file behind if there is no window", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await editor.die();
  const open = startOpen(compiled, sandbox, editor, ["--strict", "-"]);
  await open.write("text");
  await open.endInput();
  assertEquals((await open.ended).code, 1);
  assertEquals(await filesLeft(sandbox), []);
});
