import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  makeSandbox,
  mostAtOnce,
  run,
  type Sandbox,
  startEditor,
} from "../support/mod.ts";
import { ask, lookup, register, startServer, until } from "./serve_support.ts";

/** Starts a server on a socket that answers each request with `body`, after `delayMs`. */
function answerWith(sandbox: Sandbox, socket: string, body: string, delayMs = 0): void {
  const server = Deno.serve({ path: socket, onListen: () => {} }, async () => {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return new Response(body, { headers: { "content-type": "application/json" } });
  });
  sandbox.defer(() => server.shutdown());
}

function startPair(sandbox: Sandbox, args: readonly string[] = []) {
  const [a, b] = [sandbox.path("run/a.sock"), sandbox.path("run/b.sock")];
  const start = (socket: string, upstream: string) =>
    startServer(sandbox, { socket, state: null, args: ["--upstream", upstream, ...args] });
  return Promise.all([start(a, b), start(b, a)]);
}

/** Waits until a probe's verdict, which counts for 20 ms, has expired. */
const untilForgotten = () => new Promise((resolve) => setTimeout(resolve, 30));

Deno.test("an upstream is asked if no live session here holds the path", async () => {
  await using sandbox = await makeSandbox();
  const upstream = await startServer(sandbox, { socket: sandbox.path("run/up.sock"), state: null });
  const server = await startServer(sandbox, { args: ["--upstream", upstream.socket] });
  const [theirs, ours] = [await startEditor(sandbox), await startEditor(sandbox)];
  await register(upstream.socket, theirs.socketPath, "/work");
  await register(server.socket, ours.socketPath, "/work/ours");
  assertEquals(await lookup(server.socket, "/work/a.ts"), theirs.socketPath);
  assertEquals(await lookup(server.socket, "/work/ours/a.ts"), ours.socketPath);
  await ours.die();
  await untilForgotten();
  assertEquals(await lookup(server.socket, "/work/ours/a.ts"), theirs.socketPath);
  await theirs.die();
  await untilForgotten();
  assertEquals(await lookup(server.socket, "/work/a.ts"), undefined);
});

Deno.test("among several upstreams, the deepest folder decides, then the focus", async () => {
  await using sandbox = await makeSandbox();
  const upstreams = await Promise.all(
    ["a", "b"].map((name) =>
      startServer(sandbox, { socket: sandbox.path(`run/${name}.sock`), state: null })
    ),
  );
  const args = upstreams.flatMap(({ socket }) => ["--upstream", socket]);
  const server = await startServer(sandbox, { args });
  const [a, b, deep] = [
    await startEditor(sandbox),
    await startEditor(sandbox),
    await startEditor(sandbox),
  ];
  await register(upstreams[0]!.socket, a.socketPath, "/work");
  await register(upstreams[1]!.socket, b.socketPath, "/work");
  await register(upstreams[1]!.socket, deep.socketPath, "/work/deep");
  // On a busy machine, an upstream may miss a single lookup, but not all of them.
  const finds = (path: string, { socketPath }: { socketPath: string }) =>
    until(`${path} is found`, async () => await lookup(server.socket, path) === socketPath);
  const focus = (at: number, { socketPath }: { socketPath: string }, focused = true) =>
    ask(upstreams[at]!.socket, "/v1/focus", { socketPath, focused });
  await finds("/work/x.ts", a);
  await focus(1, b);
  await finds("/work/x.ts", b);
  await focus(0, a);
  await focus(1, b, false);
  await focus(0, a);
  await finds("/work/x.ts", a);
  await finds("/work/deep/x.ts", deep);
});

Deno.test("a hung window is probed once for each lookup, even if the upstream is slow", async () => {
  await using sandbox = await makeSandbox();
  const upstream = sandbox.path("run/up.sock");
  await Deno.mkdir(sandbox.path("run"), { recursive: true });
  // Longer than a probe's verdict counts.
  answerWith(sandbox, upstream, "{}", 60);
  const args = ["--upstream", upstream, "--prune-interval", "never"];
  const server = await startServer(sandbox, { args });
  const hung = await startEditor(sandbox, { behaviour: "hang" });
  await register(server.socket, hung.socketPath, "/work");
  assertEquals(await lookup(server.socket, "/work/a.ts"), hung.socketPath);
  assertEquals(hung.probes, 1);
});

Deno.test("two registries with each other as upstream do not ask endlessly", async () => {
  await using sandbox = await makeSandbox();
  const [a, b] = await startPair(sandbox);
  assertEquals(await lookup(a.socket, "/work/a.ts"), undefined);
  const editor = await startEditor(sandbox);
  await register(b.socket, editor.socketPath, "/work");
  assertEquals(await lookup(a.socket, "/work/a.ts"), editor.socketPath);
  assertEquals(await lookup(b.socket, "/work/a.ts"), editor.socketPath);
});

Deno.test("hung upstreams cost one time limit together, and are reported once", async () => {
  await using sandbox = await makeSandbox();
  const hung = [await startEditor(sandbox), await startEditor(sandbox), await startEditor(sandbox)];
  for (const editor of hung) editor.behaviour = "hang";
  const args = [
    "--probe-timeout",
    "2s",
    ...hung.flatMap(({ socketPath }) => ["--upstream", socketPath]),
  ];
  const server = await startServer(sandbox, { args });
  const ours = await startEditor(sandbox);
  await register(server.socket, ours.socketPath, "/other");
  assertEquals(await lookup(server.socket, "/work/a.ts"), ours.socketPath);
  assertEquals(mostAtOnce(hung), 3);
  for (const { socketPath } of hung) {
    assertStringIncludes(server.said(), `${socketPath}: no answer`);
  }
  await lookup(server.socket, "/work/b.ts");
  assertEquals(server.said().match(/upstream registry unavailable/g)?.length, 3);
});

Deno.test("an invalid answer of an upstream is reported, and the server continues", async () => {
  await using sandbox = await makeSandbox();
  const ours = await startEditor(sandbox);
  const bodies = ["null", "[1", '{"socketPath":5}', '{"socketPath":"relative.sock"}', '"x"'];
  // The first answers in time; the late answers of the others must be harmless.
  answerWith(sandbox, sandbox.path("u"), JSON.stringify({ socketPath: ours.socketPath }));
  const late = bodies.map((body, index) => {
    answerWith(sandbox, sandbox.path(`u${index}`), body, 50);
    return sandbox.path(`u${index}`);
  });
  const args = [sandbox.path("u"), ...late].flatMap((path) => ["--upstream", path]);
  const server = await startServer(sandbox, { args });
  assertEquals(await lookup(server.socket, "/work/a.ts"), ours.socketPath);
  await until(
    "all have answered",
    () => late.every((path) => server.said().includes(`${path}: it answered`)),
  );
  assertEquals((await ask(server.socket, "/healthz")).status, 200);
});

Deno.test("a registry cannot be its own upstream", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r.sock");
  const args = ["serve", "--no-state", "--socket", socket, "--upstream", socket];
  const result = await run(compiled, sandbox, { args });
  assertEquals(result.code, 2);
  assertStringIncludes(result.stderr, "--upstream names this registry's own socket");
});

Deno.test("--prune-interval removes dead sessions and keeps live and hung ones", async () => {
  await using sandbox = await makeSandbox();
  const args = ["--prune-interval", "50ms", "--probe-timeout", "100ms"];
  const server = await startServer(sandbox, { args });
  const [live, hung] = [await startEditor(sandbox), await startEditor(sandbox)];
  hung.behaviour = "hang";
  for (const socketPath of [live.socketPath, hung.socketPath, "/nowhere/dead.sock"]) {
    await register(server.socket, socketPath, "/work");
  }
  const known = async () => {
    const { sessions } = (await ask(server.socket, "/v1/sessions")).json() as {
      sessions: { socketPath: string }[];
    };
    return sessions.map(({ socketPath }) => socketPath).sort();
  };
  const probesBefore = live.probes;
  while ((await known()).includes("/nowhere/dead.sock")) await ask(server.socket, "/healthz");
  await until("it looked several times", () => live.probes > probesBefore + 2);
  assertEquals(await known(), [live.socketPath, hung.socketPath].sort());
});

Deno.test("--idle-timeout ends an unused server with exit 0 and removes its files", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox, { args: ["--idle-timeout", "200ms"] });
  await until("it has ended", () => server.said().includes("idle; ending"));
  assertEquals((await server.child.status).code, 0);
  assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
});

Deno.test("--idle-timeout waits while there is a live session or a watcher", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  // The state file contains the session, so that the server is never without one.
  const former = await startServer(sandbox);
  await register(former.socket, editor.socketPath, "/work");
  await former.stop();
  const args = ["--idle-timeout", "200ms", "--prune-interval", "50ms"];
  const server = await startServer(sandbox, { args });
  const watcher = await Deno.connect({ transport: "unix", path: server.socket });
  await watcher.write(new TextEncoder().encode("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"));
  const asleep = () => new Promise((resolve) => setTimeout(resolve, 600));
  await asleep();
  await editor.die();
  await asleep();
  assertEquals((await ask(server.socket, "/healthz")).status, 200);
  assertEquals(server.said().includes("idle"), false);
  watcher.close();
  await until("it has ended", () => server.said().includes("idle; ending"));
  assertEquals((await server.child.status).code, 0);
});

for (const option of ["--prune-interval", "--idle-timeout", "--probe-timeout"]) {
  Deno.test(`${option} rejects values that are not durations`, async () => {
    await using sandbox = await makeSandbox();
    for (const value of ["0", "soon", "-1s", "1x", "25d", ""]) {
      const result = await run(compiled, sandbox, {
        args: ["serve", "--no-state", `${option}=${value}`],
      });
      assertEquals(result.code, 2, value);
      assertEquals(result.stdout, "");
      assertStringIncludes(result.stderr, option);
      assertStringIncludes(result.stderr, value === "" ? "needs a value" : JSON.stringify(value));
    }
  });
}
