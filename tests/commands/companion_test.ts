/** `sessionctl companion`, with stand-ins for editors and their extensions. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  exists,
  inContainer,
  makeSandbox,
  run,
  type Sandbox,
  withContainers,
} from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { startServer } from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";
import { type Extensions, newExtensions, startWindow, VERSION } from "./companion_support.ts";

const shared = await sharedProcess();

const companion = (sandbox: Sandbox, ...args: string[]) =>
  run(shared, sandbox, { args: ["companion", ...args] });

Deno.test("companion install installs this program's extension in the window, and removes the temporary file", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const extensions = newExtensions();
  const { editor, folder } = await startWindow(sandbox, socket, extensions, { name: "one" });
  const args = ["companion", "install", "--to", "vscode-ipc-one"];
  const first = await run(compiled, sandbox, { args });
  assertEquals([first.code, first.stderr], [0, ""]);
  assertEquals(first.stdout, `installed   (no folder)  ${editor.socketPath}\n`);
  const [{ path, bytes }] = extensions.packages as [Extensions["packages"][0]];
  assertEquals(bytes, await Deno.readFile("dist/companion.vsix"));
  assert(!await exists(path), `${path} is left`);
  const again = await run(compiled, sandbox, { args: ["companion", "install"], cwd: folder });
  assertEquals(again.stdout, `unchanged   ${folder}  ${editor.socketPath}\n`);
  assertEquals(extensions.packages.length, 1);
});

Deno.test({
  name: "companion install --all reports which windows need a reload for an update",
  ...withContainers,
  async fn() {
    await using sandbox = await makeSandbox();
    // In a container, because it changes every window that it finds.
    const script = "/run/deno run --quiet -A --no-check /run/repo/tests/commands/companion_all.ts";
    assertEquals(await inContainer(sandbox, script), [
      "0",
      "one updated 0.0.9 0.1.0 0.0.9 true",
      "other installed null 0.1.0 0.1.0 false",
      "two unchanged 0.1.0 0.1.0 0.0.9 true",
    ]);
  },
});

Deno.test("a window that cannot install it fails with the editor's reason and exit code 1", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const extensions = { ...newExtensions(), installs: null };
  await startWindow(sandbox, socket, extensions, { name: "one" });
  const refused = await companion(sandbox, "install", "--to", "vscode-ipc-one");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stdout, "failed ");
  assertStringIncludes(refused.stderr, "Failed Installing Extensions: no room");
  const other = { ...newExtensions(), installs: "0.0.5" };
  await startWindow(sandbox, socket, other, { name: "two" });
  const wrong = await companion(sandbox, "install", "--to", "vscode-ipc-two");
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "could not carry this out");
});

Deno.test("a window whose page is gone is left alone", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const extensions = newExtensions();
  const { editor } = await startWindow(sandbox, socket, extensions, { name: "one" });
  editor.behaviour = "ghost";
  const { code, stderr } = await companion(sandbox, "install", "--to", "vscode-ipc-one");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "page of the window");
  assertEquals(extensions.packages, []);
});

Deno.test("a newer companion is not replaced by an older one", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const extensions = newExtensions("9.0.0");
  await startWindow(sandbox, socket, extensions, { name: "one", running: "9.0.0" });
  const { code, stdout } = await companion(sandbox, "install", "--to", "vscode-ipc-one", "--json");
  assertEquals(code, 0);
  const [window] = JSON.parse(stdout).windows;
  assertEquals([window.result, window.after, window.reload], ["unchanged", "9.0.0", false]);
});

Deno.test("companion uninstall removes the extension, and names the windows in which it still runs", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const extensions = newExtensions(VERSION);
  const options = { name: "one", running: VERSION };
  const { editor } = await startWindow(sandbox, socket, extensions, options);
  const { code, stdout, stderr } = await companion(sandbox, "uninstall", "--to", "vscode-ipc-one");
  assertEquals([code, stdout], [0, `uninstalled (no folder)  ${editor.socketPath}\n`]);
  assertStringIncludes(stderr, "reload this window for the end of the companion");
  assertEquals(extensions.companion, null);
  const again = await companion(sandbox, "uninstall", "--to", "vscode-ipc-one");
  assertStringIncludes(again.stdout, "unchanged");
});

Deno.test("companion status shows the running and installed versions and the next step", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const cases = [
    ["none", undefined, null, "install"],
    ["old", "0.0.9", "0.0.9", "update"],
    ["reload", "0.0.9", VERSION, "reload"],
    ["good", VERSION, VERSION, null],
  ] as const;
  for (const [name, running, installed] of cases) {
    await startWindow(sandbox, socket, newExtensions(installed), { name, running });
  }
  const { stdout } = await companion(sandbox, "status", "--json", "--to", sandbox.directory);
  const { windows } = JSON.parse(stdout) as { windows: Record<string, unknown>[] };
  for (const [name, running = null, installed, needs] of cases) {
    const window = windows.find(({ socketPath }) => String(socketPath).includes(`ipc-${name}`))!;
    assertEquals([window.running, window.installed, window.needs], [running, installed, needs]);
  }
  const table = (await companion(sandbox, "status", "--to", sandbox.directory)).stdout;
  assertStringIncludes(table.split("\n")[0]!, "RUNNING  INSTALLED  NEEDS");
  assertEquals(table.trimEnd().split("\n").length, 5);
});

Deno.test("companion install --program calls a desktop editor's own command line", async () => {
  await using sandbox = await makeSandbox();
  const program = sandbox.path("code");
  const log = sandbox.path("log");
  await Deno.writeTextFile(
    program,
    `#!/bin/sh\necho "$@" >>${log}\ntest "$1" = --uninstall-extension || wc -c <"$2" >>${log}\n` +
      "echo done\n",
    { mode: 0o755 },
  );
  assertEquals((await companion(sandbox, "install", "--program", program)).code, 0);
  assertEquals((await companion(sandbox, "uninstall", "--program", program)).code, 0);
  const [install, size, uninstall] = (await Deno.readTextFile(log)).split("\n");
  assert(/^--install-extension \/.*\.vsix --force$/.test(install!), install);
  assertEquals(Number(size), (await Deno.stat("dist/companion.vsix")).size);
  assertEquals(uninstall, "--uninstall-extension sessionctl.companion");
  assert(!await exists(install!.split(" ")[1]!));
  const missing = await companion(sandbox, "install", "--program", sandbox.path("nothing"));
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "cannot run");
  await Deno.writeTextFile(program, "#!/bin/sh\necho no room >&2\nexit 3\n");
  const failed = await companion(sandbox, "install", "--program", program);
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stderr, "no room");
});

Deno.test("companion install --to NAME runs the command of the desktop editor with that name", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox, { dataName: "VSCodium" });
  await Deno.mkdir(sandbox.path("bin"));
  const script = `#!/bin/sh\necho "$1" >>${sandbox.path("log")}\n`;
  await Deno.writeTextFile(sandbox.path("bin/codium"), script, { mode: 0o755 });
  sandbox.env.PATH = `${sandbox.path("bin")}:${sandbox.env.PATH}`;
  assertEquals((await companion(sandbox, "install", "--to", "vscodium")).code, 0);
  assertEquals((await companion(sandbox, "uninstall", "--to", desktop.socketPath)).code, 0);
  const log = await Deno.readTextFile(sandbox.path("log"));
  assertEquals(log, "--install-extension\n--uninstall-extension\n");
  const other = await companion(sandbox, "install", "--to", "cursor");
  assertEquals(other.code, 1, other.stderr);
});

Deno.test("a signal during an installation removes the temporary file", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = await startServer(sandbox);
  const { editor } = await startWindow(sandbox, socket, newExtensions(), { name: "one" });
  const child = new Deno.Command(compiled.command, {
    args: [...compiled.args, "companion", "install", "--to", editor.socketPath],
    env: sandbox.env,
    clearEnv: true,
    stdout: "null",
    stderr: "null",
  }).spawn();
  // The page first gets an empty message, then the request for the list; then it stops answering.
  while ((await editor.nextMessage()).list === undefined);
  editor.behaviour = "silent";
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 143);
  const left = [...Deno.readDirSync(sandbox.env.TMPDIR!)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.endsWith(".vsix")), []);
});
