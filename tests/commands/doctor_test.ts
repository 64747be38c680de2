import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { runChecks } from "../../src/doctor/mod.ts";
import { routeCheck } from "../../src/doctor/route.ts";
import { system } from "../../src/platform/mod.ts";
import { terminalFolders } from "../../src/discovery/mod.ts";
import {
  compiled,
  makeSandbox,
  run,
  startEditor,
  startWindowProcess,
  testProgram,
  until,
} from "../support/mod.ts";
import { leaveDeadSocket, register, sessionsOf } from "../registry/serve_support.ts";
import { testWith } from "../shell/support.ts";
import { doctor, healthyPlace, shell, type Variables } from "./doctor_support.ts";

testProgram("doctor reports what is live, and where a path would open and why", async (program) => {
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
  assertStringIncludes(stdout, `: ${sandbox.path("work")} (${editor.socketPath})\n`);
  assertEquals(editor.messages, []);
});

Deno.test("for a path without a window, doctor lists everything that was tried, and what --launch would run", async () => {
  await using sandbox = await makeSandbox();
  const options = {
    path: "/nowhere/f",
    registrySocket: await healthyPlace(sandbox),
    version: "1",
    // Without process information, because processes of other tests have windows of their own.
    context: {
      ...system,
      os: "darwin" as const,
      uid: system.uid,
      env: (name: string) => sandbox.env[name],
      isDirectory: (path: string) => path.startsWith(sandbox.directory),
    },
  };
  const [none] = await routeCheck.run(options);
  assertStringIncludes(none!.text, "/nowhere/f has no window: open would fail");
  assert(none!.details!.length >= 4);
  const [launched] = await routeCheck.run({ ...options, launch: "true --flag" });
  assertStringIncludes(launched!.text, "open would run: true --flag");
});

Deno.test("inside tmux, doctor notes a live variable, and how to make tmux forget a stale one", async () => {
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

Deno.test("doctor notes stale files and dead sessions with the commands that remove them", async () => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  leaveDeadSocket(sandbox.path("run/vscode-ipc-dead.sock"));
  await register(socket, sandbox.path("run/vscode-ipc-dead.sock"), "/work");
  const before = await doctor(sandbox);
  assertEquals(before.problems, []);
  const pruning = ({ findings }: { findings: readonly { fix?: string }[] }) =>
    findings.flatMap(({ fix }) => fix?.startsWith("sessionctl prune") ? fix : []);
  assertEquals(pruning(before).toSorted(), ["sessionctl prune", "sessionctl prune --files"]);
  await shell(sandbox, {}, "sessionctl prune");
  assertEquals(pruning(await doctor(sandbox)), ["sessionctl prune --files"]);
});

Deno.test("doctor notes a live unregistered window with the command that registers it", async () => {
  await using sandbox = await makeSandbox();
  await healthyPlace(sandbox);
  const editor = await startEditor(sandbox, { socketPath: sandbox.path("run/vscode-ipc-a.sock") });
  const { findings } = await doctor(sandbox);
  const found = findings.find(({ text }) => text.includes(editor.socketPath))!;
  assertEquals(found.severity, "note");
  assertStringIncludes(found.text, "not registered");
});

Deno.test("among more than ten windows, doctor shows the unregistered one", async () => {
  await using sandbox = await makeSandbox();
  const socket = await healthyPlace(sandbox);
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path("run", name) });
  const other = await start("vscode-ipc-other.sock");
  for (let i = 0; i < 11; i++) {
    const { socketPath } = await start(`vscode-ipc-${i}.sock`);
    await register(socket, socketPath, "/work");
  }
  const { stdout } = await run(compiled, sandbox, { args: ["doctor"] });
  assertStringIncludes(stdout, `(${other.socketPath}), not registered`);
  assertStringIncludes(stdout, " more\n");
});

testWith(
  ["script"],
  "doctor suggests add for the folders of a window's terminals, not for those of language servers",
  async () => {
    await using sandbox = await makeSandbox();
    const socket = await healthyPlace(sandbox);
    const socketPath = sandbox.path("run/vscode-ipc-a.sock");
    await startEditor(sandbox, { socketPath });
    const env = { VSCODE_IPC_HOOK_CLI: socketPath, PATH: sandbox.env.PATH! };
    await startWindowProcess(sandbox, sandbox.path("home"), env);
    const fixOf = async () =>
      (await doctor(sandbox)).findings.find(({ text }) => text.includes(socketPath))!.fix;
    assertEquals(await fixOf(), undefined);
    const work = sandbox.path("it's work");
    await Deno.mkdir(work);
    const args = ["-qec", "sleep 60", "/dev/null"];
    const terminal = new Deno.Command("script", {
      args,
      cwd: work,
      env,
      clearEnv: true,
      stdin: "null",
    })
      .spawn();
    sandbox.defer(async () => {
      terminal.kill("SIGKILL");
      await terminal.status;
    });
    await until("the terminal runs", () => terminalFolders().has(socketPath));
    const fix = await fixOf();
    assertEquals(fix, `sessionctl add ${socketPath} '${work.replace("'", "'\\''")}'`);
    await shell(sandbox, {}, fix!);
    const [session] = await sessionsOf(socket);
    assertEquals(session!.workspace, { folders: [{ uri: { scheme: "file", path: work } }] });
  },
);

Deno.test("doctor reports a mistake in the config file with the command that opens it", async () => {
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

Deno.test("no hung socket makes doctor hang", async () => {
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
  assert(problems.some(({ text }) => text.startsWith("gives a wrong answer")));
  assert(problems.some(({ text }) => text.startsWith("VSCODE_IPC_HOOK_CLI does not answer")));
});

Deno.test("a check that hangs or fails is itself a finding", async () => {
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
    ["fails", "check failed: no way"],
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

Deno.test({
  name: "doctor prints colours on a terminal, but not with NO_COLOR",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    await healthyPlace(sandbox);
    const onTerminal = async (env: Variables) => {
      const { stdout } = await new Deno.Command("script", {
        args: ["-qec", `${compiled.command} doctor`, "/dev/null"],
        env: { ...sandbox.env, SHELL: "/bin/sh", TERM: "xterm", ...env },
        clearEnv: true,
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    assertStringIncludes(await onTerminal({ NO_COLOR: "" }), "\x1b[32mok");
    assert(!(await onTerminal({ NO_COLOR: "1" })).includes("\x1b["));
  },
});
