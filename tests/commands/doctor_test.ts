import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { runChecks } from "../../src/doctor/limit.ts";
import { system } from "../../src/platform/mod.ts";
import {
  compiled,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";
import { asRoot, leaveDeadSocket, register, startServer } from "../registry/serve_support.ts";

interface Finding {
  readonly severity: "ok" | "note" | "problem";
  readonly text: string;
  readonly details?: readonly string[];
  readonly fix?: string;
}

type Variables = Record<string, string>;

interface Diagnosis {
  readonly code: number;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  readonly problems: readonly Finding[];
}

/** Sockets of others in the common temporary directory are not this test's. */
const isOfTest = ({ text }: Finding) => !/ \/tmp\/vscode-(ipc|git)-/.test(text);

async function doctor(
  sandbox: Sandbox,
  env: Variables = {},
  ...args: string[]
): Promise<Diagnosis> {
  const result = await run(compiled, sandbox, { args: ["doctor", "--json", ...args], env });
  const { healthy, checks } = JSON.parse(result.stdout);
  const findings = checks
    .flatMap(({ findings }: { findings: Finding[] }) => findings)
    .filter(isOfTest) as Finding[];
  const problems = findings.filter(({ severity }) => severity === "problem");
  return { code: result.code, healthy, findings, problems };
}

/** Runs a command as the user's shell would. @returns its environment afterwards. */
async function shell(sandbox: Sandbox, env: Variables, command: string): Promise<Variables> {
  const after = sandbox.path("environment");
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${command}\nenv -0 >'${after}'`],
    cwd: sandbox.directory,
    env: { ...sandbox.env, ...env, PATH: `${dirname(compiled.command)}:${sandbox.env.PATH}` },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const variables = (await Deno.readTextFile(after)).split("\0").filter((each) => each !== "");
  return Object.fromEntries(variables.map((each) => {
    const equals = each.indexOf("=");
    return [each.slice(0, equals), each.slice(equals + 1)];
  }));
}

/**
 * Runs what the doctor says mends the one problem there is, and sees that it does.
 *
 * @returns the problem.
 */
async function mended(sandbox: Sandbox, env: Variables = {}): Promise<Finding> {
  const before = await doctor(sandbox, env);
  assertEquals([before.code, before.healthy], [1, false]);
  assertEquals(before.problems.length, 1, JSON.stringify(before.problems));
  const [problem] = before.problems;
  const variables = await shell(sandbox, env, problem!.fix!);
  const { env: kept } = sandbox;
  const after = await doctor(
    { ...sandbox, env: { DENO_DIR: kept.DENO_DIR! } } as Sandbox,
    variables,
  );
  assertEquals(after.problems, []);
  return problem!;
}

/** The only registry is the sandbox's, and it runs. */
async function healthyPlace(sandbox: Sandbox): Promise<string> {
  await Deno.mkdir(sandbox.path("state/sessionctl"), { recursive: true, mode: 0o700 });
  sandbox.env.XDG_STATE_HOME = sandbox.path("state");
  const state = sandbox.path("state/sessionctl/registry.db");
  return (await startServer(sandbox, { state })).socket;
}

testProgram("doctor tells what is live, and where a path would open and why", async (program) => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  await Deno.mkdir(sandbox.path("work"));
  await register(socket, editor.socketPath, sandbox.path("work"));
  const args = ["doctor", "work/file.ts"];
  const { code, stdout, stderr } = await run(program, sandbox, { args });
  assertEquals([code, stderr], [0, "sessionctl: no problems\n"], stdout);
  assertStringIncludes(stdout, `ok       runs on ${socket} (pid `);
  assertStringIncludes(stdout, "ok       1 registered, 1 live");
  assertStringIncludes(
    stdout,
    `${sandbox.path("work/file.ts")} would go to ${editor.socketPath}, because ` +
      `a registry knows it for ${sandbox.path("work")}\n`,
  );
  assertStringIncludes(stdout, `registered ${editor.socketPath}: live, has`);
  assertEquals(editor.messages, []);
});

Deno.test("a path without a window is told with all that was tried; what launch would run too", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const none = await doctor(sandbox, {}, "/nowhere/f");
  const route = none.findings.find(({ text }) => text.startsWith("/nowhere/f has no window"))!;
  assertStringIncludes(route.text, "open would fail");
  assert(route.details!.length >= 4);
  const env = { SESSIONCTL_LAUNCH: "true --flag" };
  const { findings } = await doctor(sandbox, env, "/nowhere/f");
  assert(findings.some(({ text }) => text.endsWith("open would run: true --flag")));
});

for (
  const [name, value, says] of [
    ["VSCODE_IPC_HOOK_CLI", "/nowhere/vscode-ipc-a.sock", "is stale, nobody listens there"],
    ["CODE_SERVER_SESSION_SOCKET", "/nowhere/ipc.sock", "is stale"],
    ["SESSIONCTL_LAUNCH", "no-such-editor --wait", "names a command that is not there"],
  ] as const
) {
  Deno.test(`${name} ${says}, and is mended`, async () => {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const problem = await mended(sandbox, { [name]: value });
    assertStringIncludes(problem.text, `${name} ${says}`);
    assertEquals(problem.fix, `unset ${name}`);
    const fish = await doctor(sandbox, { [name]: value, SHELL: "/usr/bin/fish" });
    assertEquals(fish.problems[0]!.fix, `set -e ${name}`);
  });
}

Deno.test("a window that hangs is a problem of the variable that names it", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { behaviour: "hang" });
  const problem = await mended(sandbox, { VSCODE_IPC_HOOK_CLI: editor.socketPath });
  assertStringIncludes(problem.text, "VSCODE_IPC_HOOK_CLI does not answer");
});

Deno.test("a live variable inside tmux is remarked on, a stale one is tmux's to forget as well", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox);
  const env = { VSCODE_IPC_HOOK_CLI: editor.socketPath, TMUX: "/tmp/none,1,0" };
  const live = await doctor(sandbox, env);
  assertEquals(live.problems, []);
  assert(live.findings.some(({ text }) => text.includes("inherited by tmux")));
  await editor.die();
  const stale = await doctor(sandbox, env);
  assertEquals(
    stale.problems[0]!.fix,
    "unset VSCODE_IPC_HOOK_CLI; tmux set-environment -gu VSCODE_IPC_HOOK_CLI",
  );
});

Deno.test({
  name: "a runtime directory that is not there is mended",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const { socket } = await startServer(sandbox);
    const env = { XDG_RUNTIME_DIR: sandbox.path("gone"), SESSIONCTL_SOCKET: socket };
    const problem = await mended(sandbox, env);
    assertStringIncludes(problem.text, "XDG_RUNTIME_DIR does not exist");
  },
});

Deno.test("a registry's directory that is open to others is mended", async () => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  await Deno.chmod(dirname(socket), 0o755);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "is open to others (mode 0755)");
  assertEquals(problem.fix, `chmod 700 ${dirname(socket)}`);
});

Deno.test({
  name: "state that belongs to another user is mended",
  ...asRoot,
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    await Deno.chown(sandbox.path("state/sessionctl"), 4242, 4242);
    const problem = await mended(sandbox);
    assertMatch(problem.text, /state\/sessionctl belongs to another user \(uid 4242\)/);
  },
});

Deno.test("a state file that others can read is mended", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  await Deno.chmod(sandbox.path("state/sessionctl/registry.db"), 0o644);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "registry.db is open to others (mode 0644)");
});

Deno.test("an editor socket that others may connect to is mended", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  await Deno.chmod(editor.socketPath, 0o777);
  assertEquals((await doctor(sandbox)).problems, [], "nobody else can enter its directory");
  for (const directory of [sandbox.directory, sandbox.path("run")]) {
    Deno.chmodSync(directory, 0o711);
  }
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "others may connect to the editor socket");
});

Deno.test("stale files and dead sessions are remarked on, with what removes them", async () => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  leaveDeadSocket(sandbox.path("run/vscode-ipc-dead.sock"));
  await register(socket, sandbox.path("run/vscode-ipc-dead.sock"), "/work");
  const before = await doctor(sandbox);
  assertEquals(before.problems, []);
  const fixes = before.findings.flatMap(({ fix }) => fix ?? []);
  assertEquals(fixes.toSorted(), ["sessionctl prune", "sessionctl prune --files"]);
  await shell(sandbox, {}, "sessionctl prune");
  const left = (await doctor(sandbox)).findings.flatMap(({ fix }) => fix ?? []);
  assertEquals(left, ["sessionctl prune --files"]);
});

Deno.test("a live window nobody registered is remarked on, with the command that registers it", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const { findings } = await doctor(sandbox);
  const found = findings.find(({ text }) => text.includes(editor.socketPath))!;
  assertEquals(found.severity, "note");
  assertStringIncludes(found.text, "not registered");
});

for (
  const [name, spoil] of [
    ["a config file that others can write", (path: string) => Deno.chmodSync(path, 0o666)],
    ["a config file of another user", (path: string) => Deno.chownSync(path, 4242, 4242)],
  ] as const
) {
  Deno.test({
    name: `${name} is mended`,
    ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
    async fn() {
      await using sandbox = await makeSandbox();
      await healthyPlace(sandbox);
      const path = sandbox.path("home/.config/sessionctl/config.jsonc");
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, "{}", { mode: 0o600 });
      assertEquals((await doctor(sandbox)).problems, []);
      spoil(path);
      await mended(sandbox);
    },
  });
}

Deno.test("a mistake in the config file is told with the command that goes there", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const path = sandbox.path("home/.config/sessionctl/config.jsonc");
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, '{\n  "jsn": true\n}', { mode: 0o600 });
  const { problems, code } = await doctor(sandbox);
  assertEquals(code, 1);
  assertEquals(problems.map(({ text, fix }) => [text, fix]), [
    [`${path}:2:3: unknown name "jsn"`, `sessionctl open ${path}:2:3`],
  ]);
});

Deno.test("nothing that hangs makes the doctor hang", async () => {
  await using sandbox = await makeSandbox();
  const hung = sandbox.path("hung.sock");
  const listener = Deno.listen({ transport: "unix", path: hung });
  sandbox.defer(() => listener.close());
  await startEditor(sandbox, {
    socketPath: sandbox.path("run/vscode-ipc-a.sock"),
    behaviour: "hang",
  });
  const { code, problems } = await doctor(sandbox, {
    SESSIONCTL_SOCKET: hung,
    CODE_SERVER_SESSION_SOCKET: hung,
    VSCODE_IPC_HOOK_CLI: hung,
  });
  assertEquals(code, 1);
  assert(problems.some(({ text }) => text.startsWith("does not answer as it should")));
  assert(problems.some(({ text }) => text.startsWith("VSCODE_IPC_HOOK_CLI does not answer")));
});

Deno.test("a check that does not end, or fails, is a finding itself", async () => {
  const options = { path: "/", context: system, version: "1" };
  const results = await runChecks(
    [
      { name: "hangs", run: () => new Promise(() => {}) },
      { name: "fails", run: () => Promise.reject(new Error("no way")) },
      { name: "works", run: () => Promise.resolve([{ severity: "ok", text: "fine" }]) },
    ],
    options,
    50,
  );
  assertEquals(results.map(({ name, findings }) => [name, findings[0]!.text]), [
    ["hangs", "no result within 0.05 s"],
    ["fails", "could not be looked at: no way"],
    ["works", "fine"],
  ]);
});

Deno.test("a registry of another version is a problem", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("run/sessionctl"), { mode: 0o700 });
  const path = sandbox.path("run/sessionctl/registry.sock");
  const answers: Record<string, unknown> = {
    healthz: { status: "alive", pid: 1, version: "0.0.1", stateFile: null },
    sessions: { sessions: [] },
  };
  const server = Deno.serve({ path, onListen: () => {} }, ({ url }) => {
    const name = Object.keys(answers).find((name) => url.includes(`/${name}`));
    return Response.json(name === undefined ? { candidates: [] } : answers[name]);
  });
  sandbox.defer(() => server.shutdown());
  const { problems } = await doctor(sandbox);
  assertEquals(problems.length, 1, JSON.stringify(problems));
  assertEquals(problems[0]!.fix, "sessionctl stop --timeout 5s --kill; sessionctl serve --detach");
});

/** Ends what `serve --detach` started. */
function endDetached(sandbox: Sandbox, env: Variables = {}): void {
  sandbox.defer(async () => {
    await run(compiled, sandbox, { args: ["stop", "--timeout", "5s", "--kill"], env });
  });
}

Deno.test("that no registry runs is mended", async () => {
  await using sandbox = await makeSandbox();
  endDetached(sandbox);
  const problem = await mended(sandbox);
  assertStringIncludes(problem.text, "none runs");
  assertEquals(problem.fix, "sessionctl serve --detach");
});

Deno.test("that no registry runs where SESSIONCTL_SOCKET says is mended", async () => {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("own"), { mode: 0o700 });
  const env = { SESSIONCTL_SOCKET: sandbox.path("own/registry.sock") };
  endDetached(sandbox, env);
  const problem = await mended(sandbox, env);
  assertEquals(problem.details, [
    `only ${env.SESSIONCTL_SOCKET} is looked at: SESSIONCTL_SOCKET names it`,
  ]);
});

Deno.test({
  name: "a registry that hangs is mended",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    endDetached(sandbox);
    const server = await startServer(sandbox);
    server.child.kill("SIGSTOP");
    const problem = await mended(sandbox);
    assertStringIncludes(problem.text, "does not answer as it should");
  },
});

Deno.test({
  name: "a runtime directory of another user is mended, step by step",
  ...asRoot,
  async fn() {
    await using sandbox = await makeSandbox();
    await Deno.mkdir(sandbox.path("run/sessionctl"), { mode: 0o700 });
    await Deno.chown(sandbox.path("run/sessionctl"), 4242, 4242);
    let env: Variables = { ...sandbox.env };
    const fixes = [];
    for (
      let found = await doctor(sandbox, env);
      !found.healthy;
      found = await doctor(sandbox, env)
    ) {
      const fix = found.problems.find(({ text }) => text.includes("another user"))?.fix ??
        found.problems[0]!.fix!;
      fixes.push(fix);
      assert(fixes.length <= 3, fixes.join("\n"));
      env = await shell(sandbox, env, fix);
    }
    endDetached(sandbox, env);
    const own = sandbox.path("home/.sessionctl/registry.sock");
    assertEquals(fixes, [`export SESSIONCTL_SOCKET=${own}`, "sessionctl serve --detach"]);
  },
});
