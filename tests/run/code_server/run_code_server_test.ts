import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { requestUnix } from "../../../src/http/mod.ts";
import { lookup, sessionsOf, startServer } from "../../registry/serve_support.ts";
import { makeSandbox, type Sandbox, testProgram, writeExecutables } from "../../support/mod.ts";
import { childOf, eventually, fakeCodeServer, placesOf, startRun } from "../support.ts";

/** Opens a window of the stand-in, which registers itself like a page loaded in a browser. */
async function openWindow(sandbox: Sandbox, folder?: string, name = "cs"): Promise<string> {
  const query = folder === undefined ? "" : `?folder=${folder}`;
  const answer = await requestUnix(placesOf(sandbox, name).httpSocket, {
    method: "POST",
    target: `/window${query}`,
    timeoutMs: 20_000,
  });
  return (answer.json() as { socketPath: string }).socketPath;
}

async function entriesIn(sandbox: Sandbox): Promise<string[]> {
  const { httpSocket } = placesOf(sandbox);
  const request = { method: "GET", target: "/entries", timeoutMs: 20_000 };
  return (await requestUnix(httpSocket, request)).json() as string[];
}

/** Starts the stand-in under `run`, and waits until its session socket is ours. */
async function startCodeServer(sandbox: Sandbox, options: string[] = [], name = "cs") {
  const command = fakeCodeServer(sandbox, name);
  const running = startRun(sandbox, ["--code-server", "--name", name, ...options, ...command]);
  await running.says(/forwarding registrations from/);
  return running;
}

const socketsIn = (sandbox: Sandbox) =>
  [...Deno.readDirSync(sandbox.path("cs"))].map(({ name }) => name)
    .filter((name) => name.startsWith(".") || name.includes("ipc")).sort();

testProgram(
  "a window of a code-server is both in the registry and in code-server",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = await startServer(sandbox, { state: null });
    const command = fakeCodeServer(sandbox);
    const running = startRun(sandbox, ["--code-server", "--name", "cs", "--", ...command], {
      program,
      env: { VSCODE_IPC_HOOK_CLI: "/tmp/the-window-run-was-typed-in.sock" },
    });
    await running.says(/forwarding registrations from/);
    const { sessionSocket, httpSocket } = placesOf(sandbox);
    assertEquals(Deno.lstatSync(sessionSocket).mode! & 0o777, 0o600);
    const window = await openWindow(sandbox, "/srv/api");
    const [session] = await sessionsOf(registry.socket);
    assertEquals([session!.socketPath, session!.kind, session!.relaySocket], [
      window,
      "code-server",
      httpSocket,
    ]);
    assertEquals(await lookup(registry.socket, "/srv/api/main.ts"), window);
    assertEquals(await entriesIn(sandbox), [window]);
    assertEquals(await lookup(sessionSocket, "/srv/api/main.ts"), window);
    // When it ends, its windows end too, and none of our files are left.
    await running.stop();
    assertEquals(socketsIn(sandbox), []);
    assertEquals(await sessionsOf(registry.socket), []);
  },
);

Deno.test("a command named code-server is treated as one, unless --no-code-server says otherwise", async () => {
  await using sandbox = await makeSandbox();
  const [deno, ...args] = fakeCodeServer(sandbox);
  const command = sandbox.path("code-server");
  await writeExecutables({ [command]: `#!/bin/sh\nexec "${deno}" "$@"\n` });
  const running = startRun(sandbox, ["--", command, ...args]);
  await running.says(/forwarding registrations from/);
  await running.stop();
  const foreign = startRun(sandbox, ["--no-code-server", "--", command, ...args]);
  await eventually(
    () => "it listens",
    () => foreign.lines.some((line) => line.startsWith("Session server listening")),
  );
  assertEquals(socketsIn(sandbox), ["code-server-ipc.sock"]);
  await foreign.stop();
});

Deno.test("in a directory that other users can write to, no socket is interposed and no file created", async () => {
  await using sandbox = await makeSandbox();
  const command = fakeCodeServer(sandbox);
  const { sessionSocket } = placesOf(sandbox);
  Deno.mkdirSync(sandbox.path("cs"));
  Deno.chmodSync(sandbox.path("cs"), 0o1777);
  const elsewhere = sandbox.path("elsewhere");
  await Deno.symlink(elsewhere, `${sessionSocket}.sctl-lock`);
  const running = startRun(sandbox, ["--code-server", "--name", "cs", "--", ...command]);
  await running.says(/cs is open to others \(mode 0777\)/);
  await running.stop();
  assertThrows(() => Deno.lstatSync(elsewhere), Deno.errors.NotFound);
});

testProgram(
  "a code-server that is killed is restarted, and its windows register again",
  async (program) => {
    await using sandbox = await makeSandbox();
    const registry = await startServer(sandbox, { state: null });
    const command = fakeCodeServer(sandbox);
    const running = startRun(sandbox, ["--code-server", "--name", "cs", "--", ...command], {
      program,
    });
    await running.says(/forwarding registrations from/);
    const dead = await openWindow(sandbox, "/srv/api");
    const pid = await childOf(sandbox, "cs");
    Deno.kill(pid, "SIGKILL");
    await childOf(sandbox, "cs", pid);
    await running.says(/(forwarding registrations from [^]*){2}/);
    const window = await openWindow(sandbox, "/srv/api");
    assert(window !== dead);
    assertEquals(await lookup(registry.socket, "/srv/api/a.ts"), window);
    await eventually(
      () => "the dead window is gone",
      async () => (await sessionsOf(registry.socket)).length === 1,
    );
    assertEquals(socketsIn(sandbox).filter((name) => name.startsWith(".")).length, 1);
    await running.stop();
    assertEquals(socketsIn(sandbox), []);
  },
);

Deno.test("a registry that starts later, or loses its state, gets the open windows", async () => {
  await using sandbox = await makeSandbox();
  const running = await startCodeServer(sandbox);
  await running.says(/no registry is running/);
  const window = await openWindow(sandbox, "/srv/api");
  const known = async (socket: string) =>
    (await sessionsOf(socket).catch(() => [])).map(({ socketPath }) => socketPath);
  for (let round = 0; round < 2; round++) {
    const registry = await startServer(sandbox, { state: null });
    await eventually(
      () => `round ${round}: the window is registered; said: ${running.said()}`,
      async () => (await known(registry.socket)).includes(window),
    );
    await registry.stop(round === 0 ? "SIGKILL" : "SIGTERM");
  }
  assertEquals(running.said().match(/no registry is running/g)!.length <= 3, true);
  await running.stop();
});

Deno.test("a window without a folder does not break lookups, as it does in code-server alone", async () => {
  await using sandbox = await makeSandbox();
  const { sessionSocket } = placesOf(sandbox);
  // Each asks the other when it has no answer; this must not loop.
  const registry = await startServer(sandbox, { state: null, args: ["--upstream", sessionSocket] });
  const running = await startCodeServer(sandbox);
  const window = await openWindow(sandbox, "/srv/api");
  await openWindow(sandbox);
  assertEquals(await lookup(sessionSocket, "/srv/api/a.ts"), window);
  const pid = await childOf(sandbox, "cs");
  Deno.kill(pid, "SIGSTOP");
  assertEquals(await lookup(sessionSocket, "/srv/api/a.ts"), window);
  await lookup(registry.socket, "/srv/api/a.ts");
  Deno.kill(pid, "SIGCONT");
  await running.stop();
});

Deno.test("a second code-server with the same data directory takes over, and the first comes back after it", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startServer(sandbox, { state: null });
  const running = await startCodeServer(sandbox);
  const { sessionSocket } = placesOf(sandbox);
  const first = await openWindow(sandbox, "/srv/one");
  // Not started by `run`: a code-server started by hand on the same session socket.
  const other = placesOf(sandbox, "other");
  await Deno.mkdir(sandbox.path("other"));
  const [deno, ...args] = fakeCodeServer(sandbox);
  const second = new Deno.Command(deno!, {
    args: args.map((arg) => arg === placesOf(sandbox).httpSocket ? other.httpSocket : arg),
    env: sandbox.env,
    clearEnv: true,
    stdout: "null",
    stderr: "null",
  }).spawn();
  sandbox.defer(async () => {
    try {
      second.kill("SIGKILL");
    } catch { /* it has ended */ }
    await second.status;
  });
  await running.says(/(forwarding registrations from [^]*){2}/);
  const window = await openWindow(sandbox, "/srv/two", "other");
  const session = (await sessionsOf(registry.socket)).find(({ socketPath }) =>
    socketPath === window
  );
  assert(session, "the second one's window is registered");
  assertEquals(session.relaySocket, undefined);
  assertEquals(await lookup(registry.socket, "/srv/one/a.ts"), first);
  second.kill("SIGTERM");
  await second.status;
  await eventually(
    () => `the first answers again; said: ${running.said()}`,
    async () => (await lookup(sessionSocket, "/srv/one/a.ts").catch(() => undefined)) === first,
  );
  await running.stop();
  assertEquals(socketsIn(sandbox), []);
});

Deno.test("two runs never forward the same session socket", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startServer(sandbox, { state: null });
  const first = await startCodeServer(sandbox);
  const args = fakeCodeServer(sandbox).map((arg) =>
    arg === placesOf(sandbox).httpSocket ? sandbox.path("cs/second.sock") : arg
  );
  const second = startRun(sandbox, ["--code-server", "--name", "second", ...args]);
  await first.says(/(forwarding registrations from [^]*){2}/);
  await openWindow(sandbox, "/srv/api");
  assertEquals((await sessionsOf(registry.socket)).length, 1);
  // The remaining run takes over.
  await first.stop();
  await second.says(/forwarding registrations from/);
  assertStringIncludes(second.said(), `process ${first.child.pid} already forwards`);
  await second.stop();
});
