import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  exists,
  makeSandbox,
  run,
  type Sandbox,
  startEditor,
  testProgram,
} from "../support/mod.ts";
import {
  asRoot,
  defaultSocket,
  leaveDeadSocket,
  register,
  sessionsOf,
  startServer,
} from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const prune = (sandbox: Sandbox, ...args: string[]) =>
  run(shared, sandbox, { args: ["prune", ...args] });

/** The part of a prune's output that concerns the sandbox: real sockets may lie in /tmp. */
function ours(sandbox: Sandbox, paths: readonly string[]): string[] {
  return paths.filter((path) => path.startsWith(`${sandbox.directory}/`)).sort();
}

testProgram(
  "prune removes dead sessions from the registry, and keeps hung ones",
  async (program) => {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox);
    const [live, hung] = [await startEditor(sandbox), await startEditor(sandbox)];
    hung.behaviour = "hang";
    for (const path of [live.socketPath, hung.socketPath, "/nowhere/a.sock"]) {
      await register(server.socket, path, "/work");
    }
    const dry = await run(program, sandbox, { args: ["prune", "--dry-run"] });
    assertEquals([dry.code, dry.stdout], [0, "session /nowhere/a.sock\n"]);
    assertEquals(dry.stderr, "sessionctl: would remove 1 dead session\n");
    assertEquals((await sessionsOf(server.socket)).length, 3);
    const done = await run(program, sandbox, { args: ["prune"] });
    assertEquals([done.code, done.stdout], [0, "session /nowhere/a.sock\n"]);
    assertEquals(done.stderr, "sessionctl: removed 1 dead session\n");
    assertEquals((await sessionsOf(server.socket)).length, 2);
    const again = await run(program, sandbox, { args: ["prune", "--quiet"] });
    assertEquals([again.code, again.stdout, again.stderr], [0, "", ""]);
  },
);

Deno.test("prune works on the state file if no server runs", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.local/state/sessionctl/registry.db");
  const before = await startServer(sandbox, { state });
  const live = await startEditor(sandbox);
  await register(before.socket, live.socketPath, "/work");
  await register(before.socket, "/nowhere/a.sock", "/work");
  await before.stop();
  const dry = await prune(sandbox, "--dry-run", "--json");
  assertEquals(JSON.parse(dry.stdout).sessions, ["/nowhere/a.sock"]);
  const done = await prune(sandbox, "--json");
  assertEquals(done.code, 0, done.stderr);
  assertEquals(JSON.parse(done.stdout), {
    dryRun: false,
    sessions: ["/nowhere/a.sock"],
    files: [],
    kept: [],
  });
  const after = await startServer(sandbox, { state });
  const left = (await sessionsOf(after.socket)).map(({ socketPath }) => socketPath);
  assertEquals(left, [live.socketPath]);
});

Deno.test("prune without a server and a state does nothing and creates nothing", async () => {
  await using sandbox = await makeSandbox();
  const result = await prune(sandbox);
  assertEquals([result.code, result.stdout], [0, ""]);
  assertEquals(result.stderr, "sessionctl: removed 0 dead sessions\n");
  assertEquals([...Deno.readDirSync(sandbox.path("home"))], []);
});

Deno.test("prune without a registry names the server that holds the state file, and how to use it", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.local/state/sessionctl/registry.db");
  const socket = sandbox.path("run/other/registry.sock");
  const server = await startServer(sandbox, { state, socket });
  const result = await prune(sandbox);
  assertEquals([result.code, result.stdout], [1, ""]);
  assertStringIncludes(result.stderr, "in use by another server");
  assertEquals(result.stderr.includes("--state"), false, result.stderr);
  if (Deno.build.os !== "linux") return;
  assertStringIncludes(result.stderr, `(pid ${server.child.pid})`);
  assertStringIncludes(result.stderr, `ask that server: sessionctl prune --socket ${socket}`);
});

Deno.test("prune names the state file that it cannot read, and no option of serve", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("home/.local/state/sessionctl/registry.db");
  await Deno.mkdir(state, { recursive: true, mode: 0o700 });
  const result = await prune(sandbox);
  assertEquals([result.code, result.stdout], [1, ""]);
  assertStringIncludes(result.stderr, `cannot use the state file ${state}`);
  assertEquals(result.stderr.includes("--state"), false, result.stderr);
});

Deno.test("prune of a named registry that does not run exits 3", async () => {
  await using sandbox = await makeSandbox();
  const result = await prune(sandbox, "--socket", sandbox.path("run/none.sock"));
  assertEquals([result.code, result.stdout], [3, ""]);
  assertStringIncludes(result.stderr, "there is no such socket");
});

Deno.test("prune --files removes only dead editor and instance sockets", async () => {
  await using sandbox = await makeSandbox();
  const data = sandbox.path("home/.local/share");
  for (const app of ["sessionctl", "yutengjing-vscode-mcp"]) {
    await Deno.mkdir(`${data}/${app}`, { recursive: true });
  }
  await Deno.mkdir(sandbox.path("run/sessionctl"), { mode: 0o700 });
  const dead = [
    sandbox.path("run/vscode-ipc-11111111-2222-3333-4444-555555555555.sock"),
    sandbox.path("tmp/vscode-ipc-dead.sock"),
    sandbox.path("tmp/vscode-git-0123456789.sock"),
    sandbox.path("tmp/vscode-mcp-01234567.sock"),
    `${data}/sessionctl/ipc-0123456789abcdef.sock`,
    `${data}/sessionctl/ipc-0123456789abcdef.01234567.sock`,
    `${data}/sessionctl/window-${"0123456789abcdef".repeat(2)}.sock`,
    sandbox.path("run/sessionctl/vscode-ipc-22222222-2222-3333-4444-555555555555.sock"),
    `${data}/yutengjing-vscode-mcp/vscode-mcp-01234567.sock`,
  ];
  dead.forEach(leaveDeadSocket);
  const start = (name: string) => startEditor(sandbox, { socketPath: sandbox.path(name) });
  const live = await start("run/vscode-ipc-live.sock");
  const hung = await start("run/vscode-ipc-hung.sock");
  hung.behaviour = "hang";
  const kept = [
    live.socketPath,
    hung.socketPath,
    sandbox.path("run/vscode-ipc-file.sock"),
    sandbox.path("run/vscode-ipc-link.sock"),
    sandbox.path("run/another-program.sock"),
    sandbox.path("home/vscode-ipc-elsewhere.sock"),
    `${data}/sessionctl/ipc-short.sock`,
  ];
  await Deno.writeTextFile(kept[2]!, "");
  leaveDeadSocket(kept[4]!);
  await Deno.symlink(kept[4]!, kept[3]!);
  leaveDeadSocket(kept[5]!);
  leaveDeadSocket(kept[6]!);

  const dry = await prune(sandbox, "--files", "--dry-run", "--json");
  assertEquals(dry.code, 0, dry.stderr);
  assertEquals(ours(sandbox, JSON.parse(dry.stdout).files), dead.toSorted());
  assertEquals(dead.filter(exists), dead);

  const done = await prune(sandbox, "--files");
  assertEquals(done.code, 0, done.stderr);
  const files = done.stdout.split("\n").map((line) => line.replace(/^file /, ""));
  assertEquals(ours(sandbox, files), dead.toSorted());
  assertEquals(dead.filter(exists), []);
  assertEquals(kept.filter(exists), kept);
  assertStringIncludes(done.stderr, "removed 0 dead sessions and ");
});

Deno.test({
  ...asRoot,
  name: "prune --files never removes a socket of another user",
  async fn() {
    await using sandbox = await makeSandbox();
    const theirs = sandbox.path("run/vscode-ipc-theirs.sock");
    leaveDeadSocket(theirs);
    await Deno.chown(theirs, 4242, 4242);
    const result = await prune(sandbox, "--files", "--json");
    assertEquals(ours(sandbox, JSON.parse(result.stdout).files), []);
    assertEquals(exists(theirs), true);
  },
});

Deno.test("prune --files without home and runtime directory searches the temporary directories", async () => {
  await using sandbox = await makeSandbox();
  const dead = sandbox.path("tmp/vscode-ipc-dead.sock");
  leaveDeadSocket(dead);
  const env = { HOME: "", XDG_RUNTIME_DIR: "relative", XDG_DATA_HOME: "relative" };
  const args = ["prune", "--files", "--dry-run", "--json", "--socket", defaultSocket(sandbox)];
  await startServer(sandbox);
  const result = await run(compiled, sandbox, { args, env });
  assertEquals(result.code, 0, result.stderr);
  assertEquals(ours(sandbox, JSON.parse(result.stdout).files), [dead]);
});
