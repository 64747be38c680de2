// Starting an installed desktop editor that is not running, here and from WSL.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { editorLaunch } from "../../src/open/launch_editor.ts";
import { itemOfPath, itemOfUri, type OpenModes } from "../../src/open/item.ts";
import { system, type SystemContext } from "../../src/platform/mod.ts";
import { findEditorStarter } from "../../src/desktop/mod.ts";
import {
  alone,
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  writeExecutables,
} from "../support/mod.ts";

const program = alone(compiled);
const DISPLAY = { DISPLAY: ":0" };

/** A stand-in for an editor's command line that records its arguments. */
async function install(sandbox: Sandbox, path: string): Promise<() => Promise<string[]>> {
  const file = sandbox.path(path);
  await Deno.mkdir(join(file, ".."), { recursive: true });
  const record = sandbox.path("called");
  const script =
    `#!/bin/sh\nprintf '%s\\n' "$@" "in $PWD" "node $ELECTRON_RUN_AS_NODE" > '${record}'\nexit 7\n`;
  await writeExecutables({ [file]: script });
  return async () => (await Deno.readTextFile(record)).trimEnd().split("\n");
}

function open(sandbox: Sandbox, args: readonly string[], env: Record<string, string>) {
  const PATH = `${sandbox.path("bin")}:/usr/bin:/bin`;
  return run(program, sandbox, { args: ["open", ...args], env: { PATH, ...env } });
}

Deno.test("--launch auto starts the editor with the files to open and returns its exit code", async () => {
  await using sandbox = await makeSandbox();
  const called = await install(sandbox, "bin/cursor");
  const file = sandbox.path("a.ts");
  const result = await open(sandbox, ["--launch", "auto", "-n", "-w", `${file}:3:4`], DISPLAY);
  assertEquals([result.code, result.stderr], [7, ""]);
  const words = (await called()).slice(0, -2);
  assertEquals(words, ["--new-window", "--wait", "--goto", `${file}:3:4`]);
  const byVariable = await open(sandbox, [file], { ...DISPLAY, SESSIONCTL_LAUNCH: "auto" });
  assertEquals([byVariable.code, (await called())[0]], [7, file]);
  const dry = await open(sandbox, ["--launch", "auto", "--dry-run", `${file}:3`], DISPLAY);
  assertEquals([dry.code, dry.stdout], [0, `launch: cursor --goto ${file}:3\n`]);
});

Deno.test("without --launch, open prints the command that would start the editor", async () => {
  await using sandbox = await makeSandbox();
  await install(sandbox, "bin/codium");
  await install(sandbox, "bin/remote-cli/code");
  const { code, stderr } = await open(sandbox, ["a"], DISPLAY);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "VSCodium would start with: codium FILE; --launch auto runs it");
});

Deno.test("no editor is started over ssh, or without a display", async () => {
  await using sandbox = await makeSandbox();
  await install(sandbox, "bin/code");
  const SSH_CONNECTION = "192.0.2.1 5000 192.0.2.2 22";
  const overSsh = await open(sandbox, ["--launch", "auto", "a"], { ...DISPLAY, SSH_CONNECTION });
  assertEquals(overSsh.code, 1);
  assertMatch(overSsh.stderr, /installed, but not started: this is an ssh session/);
  const blind = await open(sandbox, ["--launch", "auto", "a"], {});
  assertEquals(blind.code, 1);
  assertMatch(blind.stderr, /neither DISPLAY nor WAYLAND_DISPLAY is set/);
  const hint = await open(sandbox, ["a"], {});
  assertMatch(hint.stderr, /neither DISPLAY nor WAYLAND_DISPLAY is set/);
  await open(sandbox, ["--launch", "auto", "a"], { WAYLAND_DISPLAY: "wayland-0" });
  assertEquals((await Deno.stat(sandbox.path("called"))).isFile, true);
});

Deno.test("--launch auto without an editor, or with a link to sessionctl alone, is an error", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("bin"));
  await Deno.symlink(compiled.command, sandbox.path("bin/code"));
  const { code, stderr } = await open(sandbox, ["--launch", "auto", "a"], DISPLAY);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "--launch auto: no desktop editor is on PATH");
});

Deno.test("doctor reports what SESSIONCTL_LAUNCH=auto would start", async () => {
  await using sandbox = await makeSandbox();
  await install(sandbox, "bin/code");
  const env = { ...DISPLAY, PATH: `${sandbox.path("bin")}:/usr/bin`, SESSIONCTL_LAUNCH: "auto" };
  const { stdout } = await run(program, sandbox, { args: ["doctor"], env });
  assertStringIncludes(stdout, `SESSIONCTL_LAUNCH is auto: ${sandbox.path("bin/code")}`);
});

Deno.test("under WSL the client's command gets URIs of this distribution", async () => {
  await using sandbox = await makeSandbox();
  const called = await install(sandbox, "client/Code.exe");
  await Deno.mkdir(sandbox.path("client/0123456789/resources/app/out"), { recursive: true });
  await Deno.writeTextFile(sandbox.path("client/0123456789/resources/app/out/cli.js"), "");
  const env = { WSL_DISTRO_NAME: "Debian", VSCODE_CLIENT_COMMAND: sandbox.path("client/Code.exe") };
  const { code, stderr } = await open(sandbox, ["--launch", "auto", "/a b.ts:3", "/usr"], env);
  assertEquals([code, stderr], [7, ""]);
  assertEquals(await called(), [
    "0123456789/resources/app/out/cli.js",
    "--goto",
    "--remote",
    "wsl+Debian",
    "--file-uri",
    "vscode-remote://wsl+Debian/a%20b.ts:3",
    "--folder-uri",
    "vscode-remote://wsl+Debian/usr",
    `in ${sandbox.path("client")}`,
    "node 1",
  ]);
});

const MODES: OpenModes = { newWindow: false, reuseWindow: false, goto: false };

/** A machine with WSL or macOS, simulated here. */
const machine = (os: SystemContext["os"], env: Record<string, string>): SystemContext => ({
  ...system,
  uid: 4242,
  os,
  env: (name) => env[name],
});

Deno.test("a batch file of the client is called by cmd.exe, in the client's folder", () => {
  const context = machine("linux", {
    WSL_DISTRO_NAME: "Debian",
    VSCODE_CLIENT_COMMAND: "/mnt/c/VS Code/code.bat",
    VSCODE_CLIENT_COMMAND_CWD: "/mnt/c",
  });
  const { command, args, cwd, remoteAuthority } = findEditorStarter(context)!;
  assertEquals([command, args, cwd], ["cmd.exe", ["/C", "/mnt/c/VS Code/code.bat"], "/mnt/c"]);
  assertEquals(remoteAuthority, "wsl+Debian");
});

Deno.test("on macOS the editor is found among the applications, and needs no display", async () => {
  await using sandbox = await makeSandbox();
  const path = "home/Applications/Cursor.app/Contents/Resources/app/bin/cursor";
  await install(sandbox, path);
  const context = machine("darwin", { HOME: sandbox.path("home"), PATH: "/usr/bin" });
  const items = [
    itemOfPath("file", "a", "/a:1", { line: 2 }),
    itemOfUri("folder", "vscode-remote://ssh-remote+x/b", () => "/"),
  ];
  const { line } = editorLaunch(items, { modes: MODES, wait: false, context });
  // In goto mode, the editor would read the number in the name as a line.
  const folder = "--folder-uri vscode-remote://ssh-remote+x/b";
  assertEquals(line, `${sandbox.path(path)} /a:1 ${folder}`);
});
