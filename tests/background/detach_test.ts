/** `serve --detach` and `stop`, with real processes. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path";
import { isRunning } from "../../src/platform/mod.ts";
import { healthOf, register, sessionsOf, spawnServer } from "../registry/serve_support.ts";
import {
  compiled,
  listenFull,
  makeSandbox,
  type Program,
  run,
  startEditor,
  testProgram,
  until,
} from "../support/mod.ts";
import { canRun } from "../supervisor/support.ts";
import { backgroundOf } from "./support.ts";

/** The fields after the name in /proc/PID/stat: state, parent, group, session, terminal. */
function statOf(pid: number): string[] {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

testProgram(
  "serve --detach returns once the registry answers, and stop ends the registry",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, program);
    const started = await registry.run("serve", "--detach");
    assertEquals(started.code, 0, started.stderr);
    const { pid } = await healthOf(registry.socket);
    assertEquals(started.stdout, `listening on ${registry.socket} (pid ${pid})\n`);
    assertStringIncludes(started.stderr, "end it with: sessionctl stop");
    assertEquals(Deno.readTextFileSync(sandbox.path("run/sessionctl/registry.pid")), `${pid}\n`);

    const stopped = await registry.run("stop", "--json");
    assertEquals(stopped.code, 0, stopped.stderr);
    assertEquals(JSON.parse(stopped.stdout), {
      stopped: { socketPath: registry.socket, pid, killed: false },
    });
    assertEquals(isRunning(pid), false);
    assertEquals([...Deno.readDirSync(dirname(registry.socket))], [], "its files are gone");
    const again = await registry.run("stop");
    assertEquals([again.code, again.stdout], [0, ""]);
    assertStringIncludes(again.stderr, "no registry is running");
  },
);

Deno.test("serve --detach prints the absolute path of its socket, and the command that ends it", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const folder = sandbox.path("own");
  await Deno.mkdir(folder, { mode: 0o700 });
  const options = { cwd: folder, args: ["serve", "--detach", "--socket", "own.sock"] };
  const started = await run(compiled, sandbox, options);
  assertEquals(started.code, 0, started.stderr);
  const socket = `${folder}/own.sock`;
  assertStringIncludes(started.stdout, `listening on ${socket} (pid `);
  assertStringIncludes(started.stderr, `end it with: sessionctl stop --socket ${socket}\n`);
  const stopped = await registry.run("stop", "--socket", socket);
  assertStringIncludes(stopped.stderr, `ended the registry on ${socket}`);
});

Deno.test(
  "a detached registry has no terminal and no editor-window variables, and its directory is /",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, compiled);
    const env = { VSCODE_IPC_HOOK_CLI: "/tmp/none.sock", SESSIONCTL_AUTOSTART: "1", KEPT: "yes" };
    const started = await registry.runWith(env, "serve", "--detach", "--json");
    assertEquals(started.code, 0, started.stderr);
    const { pid, listening, logFile, alreadyRunning } = JSON.parse(started.stdout);
    assertEquals([listening, alreadyRunning], [registry.socket, false]);
    const [, , , session, terminal] = statOf(pid);
    assertEquals([session, terminal], [String(pid), "0"]);
    assertEquals(Deno.readLinkSync(`/proc/${pid}/cwd`), "/");
    const open = [0, 1, 2].map((number) => Deno.readLinkSync(`/proc/${pid}/fd/${number}`));
    assertEquals(open, ["/dev/null", logFile, logFile]);
    assertEquals(Deno.statSync(logFile).mode! & 0o777, 0o600);
    const variables = Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0");
    assert(variables.includes("KEPT=yes"));
    assert(!variables.some((entry) => /^(VSCODE_|SESSIONCTL_AUTOSTART)/.test(entry)));
    assertStringIncludes(registry.log(), `listening on ${registry.socket}`);
    assertEquals((await registry.run("stop")).code, 0);
  },
);

Deno.test("a detached registry inherits no open descriptors of its caller, such as flock's lock", {
  ignore: Deno.build.os !== "linux" || !await canRun("bash", "-c", ":"),
}, async () => {
  await using sandbox = await makeSandbox();
  const held = sandbox.path("held");
  const script = `exec 9>'${held}' 200>'${held}' "$@"`;
  const args = ["-c", script, "bash", compiled.command];
  const program: Program = { name: "compiled", command: "bash", args };
  const registry = backgroundOf(sandbox, program);
  const started = await registry.run("serve", "--detach", "--json");
  assertEquals(started.code, 0, started.stderr);
  const { pid } = JSON.parse(started.stdout);
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => name);
  const open = descriptors.map((name) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return ""; // The descriptor was closed in the meantime.
    }
  });
  assertEquals(open.filter((path) => path === held), []);
  assertEquals((await registry.run("stop")).code, 0);
});

Deno.test("serve --detach passes its options on, with paths relative to the caller's directory", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled, sandbox.path("run/mine.sock"));
  await Deno.mkdir(sandbox.path("run/sessionctl"), { mode: 0o700 });
  const args = ["--state", "kept.db", "--pid-file", "own.pid", "--upstream", "run/other.sock"];
  const started = await registry.run("serve", "--detach", "--socket", "run/mine.sock", ...args);
  assertEquals(started.code, 0, started.stderr);
  const health = await healthOf(registry.socket);
  assertEquals(health.stateFile, sandbox.path("kept.db"));
  assertEquals(Deno.readTextFileSync(sandbox.path("own.pid")), `${health.pid}\n`);
  assertStringIncludes(registry.log(), `--upstream=${sandbox.path("run/other.sock")}`);
  const stopped = await registry.run("stop", "--socket", registry.socket);
  assertEquals(stopped.code, 0, stopped.stderr);
  assertEquals(isRunning(health.pid), false);
});

Deno.test("serve --detach names a registry that already runs and leaves it unchanged", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  await registry.run("serve", "--detach", "--no-state");
  const pid = await registry.pid();
  const again = await registry.run("serve", "--detach");
  assertEquals(again.code, 0, again.stderr);
  assertEquals(again.stdout, `listening on ${registry.socket} (pid ${pid})\n`);
  assertStringIncludes(again.stderr, "already running");
  assertEquals((await healthOf(registry.socket)).stateFile, null);
  await registry.run("stop");
});

testProgram(
  "serve --detach exits 1 and shows the last lines of the log when the registry does not start",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, program);
    const state = sandbox.path("no/state.db");
    await Deno.writeTextFile(sandbox.path("no"), "a file where a directory should be");
    const result = await registry.run("serve", "--detach", "--state", state);
    assertEquals([result.code, result.stdout], [1, ""]);
    assertStringIncludes(result.stderr, "the registry did not start: it ended with exit code 1");
    assertStringIncludes(result.stderr, `| sessionctl: cannot use the state file ${state}`);
    assertStringIncludes(result.stderr, "registry.log");
    assertEquals([...Deno.readDirSync(dirname(registry.socket))], []);
    const usage = await registry.run("serve", "--detach", "--state", state, "--no-state");
    assertStringIncludes(usage.stderr, "cannot be used together");
  },
);

Deno.test("a large log is set aside when the next registry starts", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const log = sandbox.path("home/.local/state/sessionctl/log/registry.log");
  await Deno.mkdir(dirname(log), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(log, "x".repeat(2 * 1024 * 1024));
  assertEquals((await registry.run("serve", "--detach")).code, 0);
  assertEquals(Deno.statSync(`${log}.1`).size, 2 * 1024 * 1024);
  assertMatch(Deno.readTextFileSync(log), /^\d{4}-.*Z starting: sessionctl serve/);
  await registry.run("stop");
});

Deno.test("stop ends a registry in the foreground, which keeps its state", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const server = spawnServer(sandbox, { socket: registry.socket });
  await until("it listens", () => server.lines.length > 0);
  const editor = await startEditor(sandbox);
  await register(registry.socket, editor.socketPath, "/work");
  assertEquals((await registry.run("stop")).code, 0);
  assertEquals(await server.ended, 0);
  const state = sandbox.path("state.db");
  await registry.run("serve", "--detach", "--state", state);
  assertEquals((await sessionsOf(registry.socket)).length, 1);
  await registry.run("stop");
});

Deno.test("stop ignores pid files and signals no other program", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const other = new Deno.Command("sleep", { args: ["60"] }).spawn();
  sandbox.defer(async () => {
    other.kill("SIGKILL");
    await other.status;
  });
  await Deno.mkdir(dirname(registry.socket), { mode: 0o700 });
  await Deno.writeTextFile(sandbox.path("run/sessionctl/registry.pid"), `${other.pid}\n`);
  // A killed registry leaves such a file, and its pid may belong to another process later.
  await Deno.writeTextFile(`${registry.socket}.lock`, `${other.pid}\n`);
  const nothing = await registry.run("stop", "--json");
  assertEquals([nothing.code, JSON.parse(nothing.stdout)], [0, { stopped: null }]);

  await startEditor(sandbox, { socketPath: registry.socket });
  const refused = await registry.run("stop");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, `pid ${Deno.pid} listens on ${registry.socket}`);
  assertStringIncludes(refused.stderr, "is not a sessionctl registry");
  assertEquals(isRunning(other.pid), true);
});

Deno.test("stop gives up on a registry that does not end, and kills it with --kill", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  await registry.run("serve", "--detach");
  const pid = (await registry.pid())!;
  Deno.kill(pid, "SIGSTOP");
  const waited = await registry.run("stop", "--timeout", "300ms");
  assertEquals(waited.code, 4);
  assertStringIncludes(waited.stderr, `(pid ${pid}) did not end within 300 ms`);
  const killed = await registry.run("stop", "--timeout", "300ms", "--kill", "--json");
  assertEquals(killed.code, 0, killed.stderr);
  assertEquals(JSON.parse(killed.stdout).stopped.killed, true);
  assertEquals(isRunning(pid), false);
  const next = await registry.run("serve", "--detach");
  assertEquals(next.code, 0, next.stderr);
  assertNotEquals(await registry.pid(), pid);
  await registry.run("stop");
});

Deno.test("stop refuses a program that it cannot identify behind a full queue", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  await Deno.mkdir(dirname(registry.socket), { mode: 0o700 });
  const close = await listenFull(registry.socket);
  sandbox.defer(close);
  const refused = await registry.run("stop");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "cannot be identified");
});

Deno.test("the serve section of the config file also applies to a registry in the background", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const state = sandbox.path("kept.db");
  const config = { serve: { detach: true, state } };
  await Deno.writeTextFile(sandbox.path("config.jsonc"), JSON.stringify(config));
  const env = { SESSIONCTL_CONFIG: "config.jsonc" };
  const started = await registry.runWith(env, "serve");
  assertEquals(started.code, 0, started.stderr);
  assertEquals((await healthOf(registry.socket)).stateFile, state);
  await registry.run("stop");
  const other = await registry.runWith(env, "serve", "--no-state");
  assertEquals(other.code, 0, other.stderr);
  assertEquals((await healthOf(registry.socket)).stateFile, null);
  await registry.run("stop");
});

testProgram(
  "a registry started with serve --detach --supervise is restarted, and stop ends both processes",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = backgroundOf(sandbox, program);
    const started = await registry.run("serve", "--detach", "--supervise", "--json");
    assertEquals(started.code, 0, started.stderr);
    const first = (await registry.pid())!;
    assertEquals(JSON.parse(started.stdout).pid, first);
    const supervisor = Number(Deno.readTextFileSync(sandbox.path("run/sessionctl/registry.pid")));
    assertNotEquals(supervisor, first);
    Deno.kill(first, "SIGKILL");
    const second = await registry.nextPid(first);

    const stopped = await registry.run("stop", "--json");
    assertEquals(stopped.code, 0, stopped.stderr);
    assertEquals(JSON.parse(stopped.stdout).stopped, {
      socketPath: registry.socket,
      pid: second,
      killed: false,
      supervisorPid: supervisor,
    });
    assertEquals([supervisor, second].filter(isRunning), []);
    assertEquals([...Deno.readDirSync(dirname(registry.socket))], []);
  },
);

Deno.test("stop --kill ends a supervised registry that hangs", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  await registry.run("serve", "--detach", "--supervise");
  const pid = (await registry.pid())!;
  const supervisor = Number(Deno.readTextFileSync(sandbox.path("run/sessionctl/registry.pid")));
  Deno.kill(pid, "SIGSTOP");
  const killed = await registry.run("stop", "--timeout", "300ms", "--kill");
  assertEquals(killed.code, 0, killed.stderr);
  assertEquals([supervisor, pid].filter(isRunning), []);
});

Deno.test("a registry that cannot write its pid file ends and leaves nothing behind", async () => {
  await using sandbox = await makeSandbox();
  const registry = backgroundOf(sandbox, compiled);
  const failed = await registry.run("serve", "--detach", "--pid-file", "none/registry.pid");
  assertEquals(failed.code, 1, failed.stderr);
  assertStringIncludes(failed.stderr, "cannot write the pid file");
  assertEquals([...Deno.readDirSync(dirname(registry.socket))], []);
});
