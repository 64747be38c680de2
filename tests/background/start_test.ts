/** `--start`: a client command that finds no registry starts one, and only one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { healthOf, register, sessionsOf } from "../registry/serve_support.ts";
import {
  compiled,
  makeSandbox,
  startEditor,
  testProgram,
  writeExecutables,
} from "../support/mod.ts";
import { backgroundOf } from "./support.ts";

/** Several per core, so that some find no registry while the first is already starting one. */
const CALLERS = 20;

Deno.test("twenty simultaneous open --start start one registry, and each file is opened", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  // No window has the files, as the registry has confirmed: no probe can come too late on a busy
  // machine.
  const launch = sandbox.path("launch");
  const opened = sandbox.path("opened");
  await writeExecutables({ [launch]: `#!/bin/sh\necho "$1" >> ${opened}\n` });
  const open = (i: number) =>
    registry.run("open", "--start", "--strict", "--launch", launch, `home/${i}.txt`);
  const calls = await Promise.all(Array.from({ length: CALLERS }, (_, i) => open(i)));
  for (const { code, stderr } of calls) assertEquals(code, 0, stderr);
  const { pid } = await healthOf(registry.socket);
  const started = calls.filter(({ stderr }) => stderr.includes("started a registry"));
  assertEquals(started.length, 1);
  assertStringIncludes(started[0]!.stderr, `on ${registry.socket} (pid ${pid})`);
  const log = registry.log();
  assertEquals(log.match(/ starting: sessionctl serve/g)?.length, 1, log);
  const files = new Set((await Deno.readTextFile(opened)).trim().split("\n"));
  assertEquals(files.size, CALLERS);
  assertEquals((await registry.run("stop")).code, 0);
});

Deno.test("open --start finds the window that the previous registry knew", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const editor = await startEditor(sandbox);
  await registry.run("serve", "--detach");
  await register(registry.socket, editor.socketPath, sandbox.path("home"));
  await registry.run("stop");
  const opened = await registry.run("open", "--start", "home/a.txt");
  assertEquals(opened.code, 0, opened.stderr);
  assertStringIncludes(opened.stderr, `started a registry in the background on ${registry.socket}`);
  const { fileURIs } = await editor.nextMessage();
  assertEquals(fileURIs, [`file://${sandbox.path("home/a.txt")}`]);
  await registry.run("stop");
});

testProgram(
  "SESSIONCTL_AUTOSTART=1 has the effect of --start; without either, no registry is started",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, program);
    for (const value of ["", "0", "no"]) {
      const refused = await registry.runWith({ SESSIONCTL_AUTOSTART: value }, "list");
      assertEquals(refused.code, 3, refused.stderr);
    }
    const listed = await registry.runWith({ SESSIONCTL_AUTOSTART: "1" }, "list", "--json");
    assertEquals([listed.code, listed.stdout], [0, "[]\n"], listed.stderr);
    const unset = await registry.runWith({ SESSIONCTL_AUTOSTART: "1" }, "stop");
    assertEquals(unset.code, 0);
    const refused = await registry.runWith({ SESSIONCTL_AUTOSTART: "1" }, "list", "--no-start");
    assertEquals(refused.code, 3);
    const started = await registry.run("list", "--start");
    assertStringIncludes(started.stderr, "started a registry");
    const again = await registry.run("list", "--start");
    assertEquals([again.code, again.stderr], [0, "sessionctl: no sessions are registered\n"]);
    await registry.run("stop");
  },
);

Deno.test("add --start, find --start and remove --start work when no registry is running", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const editor = await startEditor(sandbox);
  const added = await registry.run("add", "--start", editor.socketPath, "home");
  assertEquals(added.code, 0, added.stderr);
  assertEquals((await sessionsOf(registry.socket)).length, 1);
  await registry.run("stop");
  const found = await registry.run("find", "--start", "home/a.txt");
  assertEquals([found.code, found.stdout], [0, `${editor.socketPath}\n`], found.stderr);
  await registry.run("stop");
  const removed = await registry.run("remove", "--start", editor.socketPath);
  assertEquals(removed.code, 0, removed.stderr);
  assertEquals(await sessionsOf(registry.socket), []);
  await registry.run("stop");
});

Deno.test("call --start reaches a hub that was not running", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const refused = await registry.run("call", "registry", "list");
  assertEquals(refused.code, 3);
  const called = await registry.run("call", "--start", "registry", "list");
  assertEquals([called.code, called.stdout], [0, "[]\n"], called.stderr);
  await registry.run("stop");
});

Deno.test("when a registry cannot be started, the last lines of its log are shown", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  // A regular file takes the place of the state file's folder.
  await Deno.mkdir(sandbox.path("home/.local/state/sessionctl/log"), { recursive: true });
  await Deno.chmod(sandbox.path("home/.local/state/sessionctl/log"), 0o700);
  await Deno.mkdir(sandbox.path("home/.local/state/sessionctl/registry.db"));
  const failed = await registry.run("list", "--start");
  assertEquals([failed.code, failed.stdout], [3, ""]);
  const said = failed.stderr.split("the registry did not start: it ended with exit code 1");
  assertEquals(said.length, 2, failed.stderr);
  assertStringIncludes(failed.stderr, "| sessionctl: ");

  // `list --all` works without a registry, except when the registry's socket was named.
  const all = await registry.run("list", "--all", "--start");
  assertEquals([all.code, all.stderr], [3, failed.stderr]);

  // `open` does not need a registry: it uses other windows, and reports the problem.
  const editor = await startEditor(sandbox);
  const env = { CODE_SERVER_SESSION_SOCKET: sandbox.path("none.sock") };
  const none = await registry.runWith(env, "open", "--start", "--strict", "home/a.txt");
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, "the registry did not start");
  const hook = { VSCODE_IPC_HOOK_CLI: editor.socketPath };
  const opened = await registry.runWith(hook, "open", "--start", "home/a.txt");
  assertEquals([opened.code, opened.stderr], [0, ""]);
});

Deno.test("a log that cannot be written is named, and the log is written beside the socket instead", async () => {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("file"), "");
  const env = { XDG_STATE_HOME: sandbox.path("file") };
  const { code, stderr } = await backgroundOf(sandbox, compiled).runWith(env, "serve", "--detach");
  assertEquals(code, 1);
  assertStringIncludes(stderr, `cannot write the log ${sandbox.path("file/sessionctl/log/")}`);
  assertStringIncludes(stderr, `its log is ${sandbox.path("run/")}`);
  assertStringIncludes(
    stderr,
    "choose another file with --state FILE, or use --no-state to keep no state",
  );
});
