import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { compiled, makeSandbox, run, startEditor, tally, testProgram } from "../support/mod.ts";
import {
  asRoot,
  asUser,
  defaultSocket,
  healthOf,
  leaveDeadSocket,
  pidAt,
  spawnServer,
  startServer,
  until,
  unusedUid,
} from "./serve_support.ts";

Deno.test("of fifty servers started at once, one stays and the others name its pid", async () => {
  await using sandbox = await makeSandbox();
  const servers = Array.from({ length: 50 }, () => spawnServer(sandbox, { state: null }));
  const ended = new Set<unknown>();
  for (const server of servers) server.child.status.then(() => ended.add(server));
  await until("all but one have ended", () => ended.size >= 49);
  const alive = servers.filter((server) => !ended.has(server));
  tally({ "servers started": servers.length, "second servers": Math.max(0, alive.length - 1) });
  assertEquals(alive.length, 1);
  const { pid } = alive[0]!.child;
  assertEquals((await healthOf(defaultSocket(sandbox))).pid, pid);
  for (const server of servers.filter((server) => ended.has(server))) {
    assertEquals(await server.stop(), 1);
    assertEquals(server.lines, []);
    assertStringIncludes(server.said(), `is already running on ${defaultSocket(sandbox)} (pid `);
    assertStringIncludes(server.said(), `(pid ${pid})`);
  }
});

testProgram("a stale socket and lock file are replaced", async (program) => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r.sock");
  leaveDeadSocket(socket);
  await Deno.writeTextFile(`${socket}.lock`, "1\n");
  const server = await startServer(sandbox, { program, socket, state: null });
  assertNotEquals((await healthOf(socket)).pid, 1);
  assertEquals(await server.stop(), 0);
  assertEquals([...Deno.readDirSync(dirname(socket))], []);
});

Deno.test("a regular file at the socket's path is refused and kept", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r.sock");
  await Deno.writeTextFile(socket, "precious");
  const result = await run(compiled, sandbox, {
    args: ["serve", "--no-state", "--socket", socket],
  });
  assertEquals(result.code, 1);
  assertEquals(result.stdout, "");
  assertStringIncludes(result.stderr, `${socket} exists and is not a socket`);
  assertEquals(await Deno.readTextFile(socket), "precious");
});

Deno.test("a path on which another program listens is refused, and that program is not disturbed", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r.sock");
  const editor = await startEditor(sandbox, { socketPath: socket });
  const result = await run(compiled, sandbox, {
    args: ["serve", "--no-state", "--socket", socket],
  });
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, `another program listens on ${socket}`);
  (await Deno.connect({ transport: "unix", path: editor.socketPath })).close();
});

Deno.test({
  ...asRoot,
  name: "a registry at another path that clients try is detected",
  async fn() {
    await using sandbox = await makeSandbox();
    const uid = unusedUid();
    const program = await asUser(sandbox, uid);
    const fallback = `/tmp/sessionctl-${uid}`;
    sandbox.defer(() => Deno.remove(fallback, { recursive: true }));
    // Without the variable it listens under /tmp; with it, that registry is found.
    const first = await startServer(sandbox, {
      program,
      state: null,
      env: { XDG_RUNTIME_DIR: "" },
    });
    const result = await run(program, sandbox, { args: ["serve", "--no-state"] });
    assertEquals(result.code, 1);
    const { pid } = await healthOf(`${fallback}/registry.sock`, uid);
    assertStringIncludes(
      result.stderr,
      `is already running on ${fallback}/registry.sock (pid ${pid})`,
    );
    assertStringIncludes(result.stderr, `--socket ${defaultSocket(sandbox)}`);
    assertEquals(await first.stop(), 0);
  },
});

Deno.test({
  ...asRoot,
  name: "if the runtime directory cannot be created, the registry uses the next path",
  async fn() {
    await using sandbox = await makeSandbox();
    const uid = unusedUid();
    const program = await asUser(sandbox, uid);
    sandbox.defer(() => Deno.remove(`/tmp/sessionctl-${uid}`, { recursive: true }));
    const env = { XDG_RUNTIME_DIR: `/run/user/${uid}-none` };
    const server = await startServer(sandbox, { program, state: null, env });
    assertEquals(server.lines, [`listening on /tmp/sessionctl-${uid}/registry.sock`]);
    const directory = `${env.XDG_RUNTIME_DIR}/sessionctl`;
    const said = `sessionctl: cannot make the directory ${directory}: Permission denied`;
    assert(server.said().split("\n").includes(said), server.said());
    const status = await run(program, sandbox, { args: ["status"], env });
    assertEquals(status.code, 0, status.stderr);
    assertEquals(await server.stop(), 0);
  },
});

Deno.test({
  ...asRoot,
  name: "a user without a home directory gets a hint to name a state file or to use none",
  async fn() {
    await using sandbox = await makeSandbox();
    const program = await asUser(sandbox, unusedUid());
    const env = { HOME: "" };
    const result = await run(program, sandbox, { args: ["serve"], env });
    assertEquals([result.code, result.stdout], [1, ""]);
    assertStringIncludes(result.stderr, "no home directory for the registry's state");
    assertStringIncludes(result.stderr, "use --state FILE or --no-state");
    const server = await startServer(sandbox, { program, env, state: null });
    assertEquals(await server.stop(), 0);
  },
});

Deno.test({
  ...asRoot,
  name: "a directory under /tmp that another user created first is refused",
  async fn() {
    await using sandbox = await makeSandbox();
    const uid = unusedUid();
    const program = await asUser(sandbox, uid);
    const taken = `/tmp/sessionctl-${uid}`;
    Deno.mkdirSync(taken, { mode: 0o700 });
    sandbox.defer(() => Deno.remove(taken));
    const env = { XDG_RUNTIME_DIR: "not/absolute" };
    const result = await run(program, sandbox, { args: ["serve", "--no-state"], env });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, `${taken} belongs to another user (uid 0)`);
  },
});

for (const mode of [0o750, 0o770, 0o701]) {
  const shown = mode.toString(8).padStart(4, "0");
  Deno.test(`a directory that is open to others (${shown}) is refused and not changed`, async () => {
    await using sandbox = await makeSandbox();
    const directory = sandbox.path("open");
    await Deno.mkdir(directory);
    await Deno.chmod(directory, mode);
    const args = ["serve", "--no-state", "--socket", `${directory}/r.sock`];
    const result = await run(compiled, sandbox, { args });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, `${directory} is open to others (mode ${shown})`);
    assertStringIncludes(result.stderr, `chmod 700 ${directory}`);
    assertEquals((await Deno.stat(directory)).mode! & 0o777, mode);
    assertEquals([...Deno.readDirSync(directory)], []);
  });
}

Deno.test({
  ...asRoot,
  name: "a directory of another user, or a symlink that another user owns, is refused",
  async fn() {
    await using sandbox = await makeSandbox();
    const [theirs, ours, link] = ["theirs", "ours", "link"].map((name) => sandbox.path(name));
    await Deno.mkdir(theirs!, { mode: 0o700 });
    await Deno.chown(theirs!, 4242, 4242);
    await Deno.mkdir(ours!, { mode: 0o700 });
    await Deno.symlink(ours!, link!);
    await new Deno.Command("chown", { args: ["-h", "4242", link!] }).output();
    for (const [directory, reason] of [[theirs, "belongs to"], [link, "is a link of"]]) {
      const args = ["serve", "--no-state", "--socket", `${directory}/r.sock`];
      const result = await run(compiled, sandbox, { args });
      assertEquals(result.code, 1);
      assertStringIncludes(result.stderr, `${directory} ${reason} another user (uid 4242)`);
    }
    assertEquals([...Deno.readDirSync(ours!)], []);
  },
});

Deno.test("a server's files are private: socket 0600, directory 0700, state 0600", async () => {
  await using sandbox = await makeSandbox();
  const state = sandbox.path("new/place/state.db");
  const server = await startServer(sandbox, { state });
  const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
  assertEquals(modeOf(server.socket), 0o600);
  assertEquals(modeOf(`${server.socket}.lock`), 0o600);
  assertEquals(modeOf(dirname(server.socket)), 0o700);
  assertEquals(modeOf(state), 0o600);
  assertEquals(modeOf(dirname(state)), 0o700);
});

Deno.test("a server continues to serve after the reader of its stderr has ended", async () => {
  await using sandbox = await makeSandbox();
  const { socket } = { socket: sandbox.path("run/r.sock") };
  // The reader ends at once, so later messages meet a broken pipe.
  const script =
    'exec 3>&1; { "$0" serve --no-state --socket "$1" 2>&1 1>&3 & echo $! >&3; } | true';
  const shell = new Deno.Command("sh", {
    args: ["-c", script, compiled.command, socket],
    env: sandbox.env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = shell.stdout.pipeThrough(new TextDecoderStream() as never) as ReadableStream<
    string
  >;
  let pid = 0;
  sandbox.defer(() => {
    if (pid) Deno.kill(pid, "SIGKILL");
  });
  for await (const text of lines) {
    pid ||= Number(/^[0-9]+$/m.exec(text)?.[0] ?? 0);
    if (pid && await pidAt(socket) === pid) break;
  }
  await shell.status;
  await Deno.remove(socket);
  let back: number | undefined;
  for (let attempt = 0; attempt < 500 && back === undefined; attempt++) {
    back = await pidAt(socket);
    if (back === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(back, pid);
  assert(pid > 0);
});
