import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  testProgram,
  until,
  writeExecutables,
} from "../support/mod.ts";
import { asRoot, asUser, unusedUid } from "../registry/serve_support.ts";
import { isRunning } from "../../src/platform/mod.ts";
import { assertGoneInTime } from "../supervisor/support.ts";
import { childOf, eventually, fakeCodeServer, placesOf, runsIn, startRun } from "./support.ts";

const sessionctl = (sandbox: Sandbox, ...args: string[]) => run(compiled, sandbox, { args });

testProgram("a run is listed, relaunched and ended by its name", async (program) => {
  await using sandbox = await makeSandbox();
  const command = ["sh", "-c", "echo up; trap 'exit 0' TERM; while :; do sleep 0.1; done"];
  const running = startRun(sandbox, ["--name", "api", "--", ...command], { program });
  const pid = await childOf(sandbox, "api");
  const [listed] = await runsIn(sandbox);
  assertEquals([listed!.name, listed!.state, listed!.restarts], ["api", "running", 0]);
  assertEquals(listed!.command, command);
  assertEquals(listed!.pid, running.child.pid);
  assert(listed!.upMs >= 0);
  const table = await sessionctl(sandbox, "run", "--list");
  assertMatch(table.stdout, /^NAME +STATE +PID +UP +RESTARTS +LOG +COMMAND\napi +running +[0-9]+ /);
  const relaunched = await sessionctl(sandbox, "run", "--relaunch", "api", "--json");
  assertEquals(relaunched.code, 0, relaunched.stderr);
  const { relaunched: name, pid: newPid } = JSON.parse(relaunched.stdout);
  assertEquals(name, "api");
  assert(newPid !== pid && isRunning(newPid) && !isRunning(pid));
  assertEquals((await runsIn(sandbox))[0]!.restarts, 1);
  const stopped = await sessionctl(sandbox, "run", "--stop", "api", "--json");
  assertEquals([stopped.code, JSON.parse(stopped.stdout)], [0, { stopped: "api" }]);
  assertEquals(isRunning(newPid), false);
  assertEquals(await running.ended, 0);
  assertEquals(await runsIn(sandbox), []);
  assertEquals(running.lines.filter((line) => line === "up").length, 2);
});

Deno.test("a relaunch fails if the command does not run afterwards", async () => {
  await using sandbox = await makeSandbox();
  const program = sandbox.path("editor");
  await writeExecutables({ [program]: "#!/bin/sh\nexec sleep 60\n" });
  const running = startRun(sandbox, ["--name", "api", "--", program]);
  await childOf(sandbox, "api");
  await Deno.remove(program);
  const relaunched = await sessionctl(sandbox, "run", "--relaunch", "api");
  assertEquals([relaunched.code, relaunched.stdout], [1, ""]);
  assertStringIncludes(relaunched.stderr, "api is not running: it is restarting");
  assertStringIncludes(relaunched.stderr, "run-api.log");
  await running.stop();
});

Deno.test("a relaunch reports that the run ended meanwhile", async () => {
  await using sandbox = await makeSandbox();
  const stubborn = ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"];
  const running = startRun(sandbox, ["--name", "api", "--stop-timeout", "1m", "--", ...stubborn]);
  await eventually(() => "it is up", () => running.lines.includes("up"));
  const relaunching = sessionctl(sandbox, "run", "--relaunch", "api");
  await running.says(/relaunching api/);
  await running.stop("SIGKILL");
  const { code, stderr } = await relaunching;
  const log = sandbox.path("home/.local/state/sessionctl/log/run-api.log");
  const said = `api is not running: it has ended\n  its log has the reason: ${log}\n`;
  assertEquals([code, stderr], [1, `sessionctl: ${said}`]);
});

Deno.test({
  name:
    "SIGKILL of a run ends the processes that the command started, except in sessions of their own",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const script = "sleep 60 & echo child $!; (sleep 60 & echo orphan $!); " +
      "setsid sh -c 'echo session $$; exec sleep 60' & sleep 60; sleep 60";
    const running = startRun(sandbox, ["--name", "api", "--", "sh", "-c", script]);
    const pidOf = (name: string) => {
      const line = running.lines.find((line) => line.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(" ")[1]);
    };
    const names = ["child", "orphan", "session"];
    await eventually(() => "all are up", () => names.every((name) => pidOf(name) !== undefined));
    const [child, orphan, session] = names.map((name) => pidOf(name)!);
    sandbox.defer(() => Deno.kill(session!, "SIGKILL"));
    const command = await childOf(sandbox, "api");
    running.child.kill("SIGKILL");
    await assertGoneInTime([command, child!, orphan!]);
    assertEquals(isRunning(session!), true);
    const { stdout } = await sessionctl(sandbox, "run", "--help");
    assertMatch(stdout.replaceAll(/\s+/g, " "), /except those in a session of their own/);
  },
});

Deno.test("a run that hangs is listed as such, and distinguished from one that does not exist", async () => {
  await using sandbox = await makeSandbox();
  const running = startRun(sandbox, ["--name", "api", "--", "sleep", "60"]);
  const pid = await childOf(sandbox, "api");
  running.child.kill("SIGSTOP");
  const listed = await sessionctl(sandbox, "run", "--list");
  assertMatch(listed.stdout, /^api +unresponsive /m);
  assertStringIncludes(listed.stderr, `its supervisor is process ${running.child.pid}`);
  const stopped = await sessionctl(sandbox, "run", "--stop", "api");
  assertEquals(stopped.code, 4);
  assertStringIncludes(stopped.stderr, `kill -9 ${running.child.pid}`);
  // The message's claim is true.
  running.child.kill("SIGKILL");
  await assertGoneInTime([pid]);
  assertEquals((await sessionctl(sandbox, "run", "--list", "--json")).stdout, "[]\n");
});

Deno.test("a second run with the same name is refused, and the first is described", async () => {
  await using sandbox = await makeSandbox();
  const first = startRun(sandbox, ["--", "sleep", "60"]);
  await childOf(sandbox, "sleep");
  const second = await sessionctl(sandbox, "run", "--json", "--list");
  assertEquals(second.code, 0);
  const refused = await sessionctl(sandbox, "run", "sleep", "61");
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(
    refused.stderr,
    `a run named sleep already exists: pid ${first.child.pid} runs sleep 60`,
  );
  assertStringIncludes(refused.stderr, "sessionctl run --stop sleep");
  await first.stop();
});

Deno.test("of many simultaneous runs with one name, exactly one stays", async () => {
  await using sandbox = await makeSandbox();
  const runs = Array.from({ length: 6 }, () => startRun(sandbox, ["--", "sleep", "60"]));
  const ended = runs.map(({ ended }) => Promise.race([ended, new Promise(() => {})]));
  let refused = 0;
  for (const end of ended) end.then((code) => refused += code === 1 ? 1 : 0);
  await eventually(() => `${refused} were refused`, () => refused === 5);
  assertEquals((await runsIn(sandbox)).length, 1);
});

Deno.test("the name of a run that was killed can be used again", async () => {
  await using sandbox = await makeSandbox();
  const first = startRun(sandbox, ["--", "sleep", "60"]);
  const pid = await childOf(sandbox, "sleep");
  await first.stop("SIGKILL");
  assertEquals(await runsIn(sandbox), []);
  await assertGoneInTime([pid]);
  startRun(sandbox, ["--", "sleep", "61"]);
  await childOf(sandbox, "sleep");
});

testProgram("kill -9 of a run leaves no editor behind", async (program) => {
  await using sandbox = await makeSandbox();
  const running = startRun(sandbox, ["--code-server", "--name", "cs", ...fakeCodeServer(sandbox)], {
    program,
  });
  const pid = await childOf(sandbox, "cs");
  const { sessionSocket } = placesOf(sandbox);
  await running.says(/forwarding registrations from/);
  await running.stop("SIGKILL");
  await assertGoneInTime([pid]);
  // Its leftovers do not block the next run.
  const next = startRun(sandbox, ["--code-server", "--name", "cs", ...fakeCodeServer(sandbox)]);
  await next.says(/forwarding registrations from/);
  assertEquals(await next.stop(), 0);
  const left = [...Deno.readDirSync(sandbox.path("cs"))].map(({ name }) => name);
  assertEquals(left.filter((name) => /sctl|ipc/.test(name)), [], sessionSocket);
});

Deno.test("a config file that sets JSON everywhere does not stop run", async () => {
  await using sandbox = await makeSandbox();
  const config = sandbox.path("config.jsonc");
  await Deno.writeTextFile(config, '{ "json": true, "quiet": true, "bogus": 1 }');
  const env = { SESSIONCTL_CONFIG: config };
  const { code, stdout, stderr } = await run(compiled, sandbox, {
    args: ["run", "--no-log-file", "echo", "hi"],
    env,
  });
  assertEquals([code, stdout, stderr], [0, "hi\n", ""]);
  const loud = await run(compiled, sandbox, {
    args: ["run", "--no-quiet", "--no-log-file", "true"],
    env,
  });
  // The run's guard does not repeat it.
  assertEquals(loud.stderr.split("ignored in the config file").length, 2, loud.stderr);
});

Deno.test("the command keeps its own options, and finds the registry", async () => {
  await using sandbox = await makeSandbox();
  const env = { VSCODE_IPC_HOOK_CLI: "/tmp/another-window.sock", CODE_SERVER_PARENT_PID: "1" };
  const script = 'echo "$1 $SESSIONCTL_SOCKET [$VSCODE_IPC_HOOK_CLI$CODE_SERVER_PARENT_PID]"';
  const args = ["run", "--no-log-file", "sh", "-c", script, "sh", "--socket"];
  const { code, stdout } = await run(compiled, sandbox, { args, env });
  const registry = sandbox.path("run/sessionctl/registry.sock");
  assertEquals([code, stdout], [0, `--socket ${registry} []\n`]);
});

Deno.test("invalid combinations of options of run are usage errors", async () => {
  await using sandbox = await makeSandbox();
  const cases: [string[], string][] = [
    [[], "run needs one of COMMAND, --list, --stop and --relaunch"],
    [["--list", "--stop", "x"], "--list and --stop cannot be used together"],
    [["--stop", "../x"], "invalid name for a run"],
    [["--name", ".x", "true"], "invalid name for a run"],
    [["--restart", "often", "true"], "--restart cannot be"],
    [["--log-max-size", "ten", "true"], "--log-max-size is not a size"],
    [["--log-keep", "-1", "true"], "--log-keep needs a value"],
    [["--give-up", "x", "true"], "--give-up is not a whole number"],
    [["--code-server", "--no-code-server", "true"], "cannot be used together"],
    [["--no-log-file", "--log-file", "x", "true"], "cannot be used together"],
    [["--json", "true"], "COMMAND and --json cannot be used together"],
  ];
  for (const [args, says] of cases) {
    const { code, stdout, stderr } = await sessionctl(sandbox, "run", ...args);
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, says);
  }
  const missing = await sessionctl(sandbox, "run", "--stop", "nobody");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "no run named nobody answers");
});

Deno.test("messages outside the protocol end no run", async () => {
  await using sandbox = await makeSandbox();
  const running = startRun(sandbox, ["--", "sleep", "60"]);
  await childOf(sandbox, "sleep");
  const path = sandbox.path("run/sessionctl/run/sleep.sock");
  for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x01\0\0\0\0\0\0\0\0\xff\xff\xff\xff", "{}\n"]) {
    const conn = await Deno.connect({ transport: "unix", path });
    await conn.write(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    await conn.closeWrite();
    while (await conn.read(new Uint8Array(1024)).catch(() => null) !== null) { /* to its end */ }
    conn.close();
  }
  assertEquals((await runsIn(sandbox)).length, 1);
  assertEquals(await running.stop("SIGTERM"), 143);
});

Deno.test("clients that say nothing do not keep others from a run", async () => {
  await using sandbox = await makeSandbox();
  startRun(sandbox, ["--", "sleep", "60"]);
  await childOf(sandbox, "sleep");
  const path = sandbox.path("run/sessionctl/run/sleep.sock");
  for (let count = 0; count < 8; count++) {
    const silent = await Deno.connect({ transport: "unix", path });
    sandbox.defer(() => silent.close());
  }
  assertEquals((await runsIn(sandbox)).map(({ state }) => state), ["running"]);
});

Deno.test("--start starts a registry before the command", async () => {
  await using sandbox = await makeSandbox();
  sandbox.defer(async () => void await sessionctl(sandbox, "stop"));
  const script = '[ -S "$SESSIONCTL_SOCKET" ] && echo there';
  const started = await sessionctl(sandbox, "run", "--start", "sh", "-c", script);
  assertEquals([started.code, started.stdout], [0, "there\n"], started.stderr);
  assertStringIncludes(started.stderr, "started a registry in the background");
  const again = await sessionctl(sandbox, "run", "--start", "sh", "-c", script);
  assertEquals([again.code, again.stderr.includes("started a registry")], [0, false]);
});

Deno.test({
  ...asRoot,
  name: "a run behind another user's symlink is not asked, because its target may change meanwhile",
  async fn() {
    await using sandbox = await makeSandbox();
    const uid = unusedUid();
    const program = await asUser(sandbox, uid);
    startRun(sandbox, ["--name", "api", "--", "sleep", "60"], { program });
    const list = async (env = {}) =>
      (await run(program, sandbox, { args: ["run", "--list", "--json"], env })).stdout;
    await until("it runs", async () => (await list()).includes('"api"'));
    const theirs = `/tmp/sessionctl-${uid}`;
    await Deno.mkdir(theirs);
    sandbox.defer(() => Deno.remove(theirs, { recursive: true }));
    await Deno.symlink(sandbox.path("run/sessionctl/run"), `${theirs}/run`);
    const chown = ["-h", "12345", theirs, `${theirs}/run`];
    assertEquals((await new Deno.Command("chown", { args: chown }).output()).success, true);
    assertEquals(await list({ XDG_RUNTIME_DIR: sandbox.path("tmp") }), "[]\n");
  },
});
