import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import {
  type ChannelPeer,
  connectChannels,
  Emitter,
  registryChannel,
  startChannels,
  windowContext,
} from "../../src/ipc/mod.ts";
import { openWebSocketStream } from "./websocket_client.ts";
import {
  makeSandbox,
  type Program,
  run,
  type Sandbox,
  spawn,
  startEditor,
  testProgram,
  until,
} from "../support/mod.ts";
import { hubOf, serve } from "./cli_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const SESSION = "/tmp/vscode-ipc-call-test.sock";

/** Starts a registry with one live session, whose window serves the channel `tools`. */
async function startWindow(program: Program, sandbox: Sandbox) {
  const server = await serve(program, sandbox);
  const socketPath = sandbox.path("vscode-ipc-call-test.sock");
  const { socketPath: session } = await startEditor(sandbox, { socketPath });
  const window = await connectChannels(hubOf(sandbox), windowContext(session));
  sandbox.defer(() => window.dispose());
  await registryChannel.client(window).add({ socketPath: session });
  const ticks = new Emitter<unknown>();
  window.registerChannel("tools", {
    call(command, arg) {
      if (command === "echo") return arg;
      if (command === "bytes") return [new Uint8Array([1, 2, 3])];
      if (command === "hang") return new Promise(() => {});
      if (command === "fail") throw new RangeError("too far");
      throw new Error(`Method not found: ${command}`);
    },
    listen: () => ticks.event,
  });
  return { server, session, window, ticks };
}

function failing(result: { code: number; stdout: string; stderr: string }) {
  assertEquals(result.stdout, "");
  const { error } = JSON.parse(result.stderr);
  return [result.code, error.code, error.message];
}

testProgram("call reaches the window through the hub and prints its answer", async (program) => {
  await using sandbox = await makeSandbox();
  const { ticks } = await startWindow(program, sandbox);
  const call = (args: string[], stdin?: string) =>
    run(program, sandbox, { args: ["call", "--session", "call-test", ...args], stdin });
  const echo = await call(["tools", "echo", '{"a":[1,"é"]}']);
  assertEquals([echo.code, echo.stdout, echo.stderr], [0, '{"a":[1,"é"]}\n', ""]);
  assertEquals((await call(["tools", "echo", "-"], '"plain text"')).stdout, "plain text\n");
  assertEquals((await call(["--json", "tools", "echo", '"x"'])).stdout, '"x"\n');
  assertEquals((await call(["tools", "echo"])).stdout, "");
  assertEquals((await call(["tools", "bytes"])).stdout, '[{"base64":"AQID"}]\n');

  const listening = spawn(sandbox, program.command, [
    ...[...program.args, "call", "--session", "call-test", "tools", "--listen", "onTick"],
  ]);
  await until("it listens", () => ticks.size === 1);
  ticks.fire({ n: 1 });
  ticks.fire("two");
  await until("it has printed", () => listening.lines.length === 2);
  assertEquals(listening.lines, ['{"n":1}', "two"]);
  await listening.stop();
  await until("its subscription went with it", () => ticks.size === 0);
}, { source: shared });

/** Forwards each connection from `path` to `target`. @returns a function that counts them. */
function countConnections(sandbox: Sandbox, path: string, target: string): () => number {
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  let count = 0;
  (async () => {
    for await (const conn of listener) {
      count++;
      const upstream = await Deno.connect({ transport: "unix", path: target });
      conn.readable.pipeTo(upstream.writable).catch(() => {});
      upstream.readable.pipeTo(conn.writable).catch(() => {});
    }
  })().catch(() => {});
  return () => count;
}

testProgram("call --session opens one connection, to the hub", async (program) => {
  await using sandbox = await makeSandbox();
  await startWindow(program, sandbox);
  const socket = sandbox.path("counted", "registry.sock");
  await Deno.mkdir(dirname(socket), { mode: 0o700 });
  const hub = hubOf(sandbox);
  const toRegistry = countConnections(sandbox, socket, hub.replace("hub.sock", "registry.sock"));
  const toHub = countConnections(sandbox, sandbox.path("counted", "hub.sock"), hub);
  const call = await run(program, sandbox, {
    args: ["call", "--socket", socket, "--session", "call-test", "tools", "echo", '"x"'],
  });
  assertEquals([call.code, call.stdout, call.stderr], [0, "x\n", ""]);
  assertEquals([toHub(), toRegistry()], [1, 0]);
}, { source: shared });

testProgram(
  "each failure of a call through the hub has its own message and exit code",
  async (program) => {
    await using sandbox = await makeSandbox();
    const call = (...args: string[]) =>
      run(program, sandbox, { args: ["call", "--json", ...args] }).then(failing);
    assertEquals((await call("--session", "call-test", "tools", "echo")).slice(0, 2), [
      3,
      "REGISTRY_UNREACHABLE",
    ]);
    const { server, session, window } = await startWindow(program, sandbox);
    const ask = (...args: string[]) => call("--session", "call-test", ...args);
    const owner = `the window of ${session}`;
    assertEquals(await call("--session", "nobody", "tools", "echo"), [
      1,
      "NOT_FOUND",
      'no session\'s socket contains "nobody"',
    ]);
    assertEquals(await ask("other", "echo"), [
      1,
      "CHANNEL_NOT_FOUND",
      `${owner} has no channel "other"`,
    ]);
    assertEquals(await ask("tools", "nope"), [
      1,
      "METHOD_NOT_FOUND",
      `the channel tools of ${owner} has no "nope"`,
    ]);
    assertEquals(await ask("tools", "fail"), [1, "REMOTE_ERROR", "fail failed: too far"]);
    assertEquals(await ask("--timeout", "200ms", "tools", "hang"), [
      4,
      "TIMED_OUT",
      "no answer to hang within 200 ms",
    ]);
    assertEquals((await ask("tools")).slice(0, 2), [2, "USAGE"]);
    assertEquals((await ask("tools", "echo", "{oops")).slice(0, 2), [2, "USAGE"]);

    await until("no request is open", () => window.server.openRequests === 0);
    const left = ask("tools", "hang");
    await until("it hangs", () => window.server.openRequests === 1);
    window.dispose();
    assertEquals(await left, [1, "PEER_GONE", `${owner} ended before it answered hang`]);
    assertEquals(await ask("tools", "echo"), [
      1,
      "WINDOW_NOT_CONNECTED",
      `${owner} is not connected to the hub`,
    ]);

    const again = await connectChannels(hubOf(sandbox), session);
    sandbox.defer(() => again.dispose());
    again.registerChannel("tools", {
      call: () => new Promise(() => {}),
      listen: () => new Emitter<unknown>().event,
    });
    const orphan = ask("tools", "hang");
    await until("it hangs again", () => again.server.openRequests === 1);
    await server.stop("SIGKILL");
    assertEquals(await orphan, [
      3,
      "REGISTRY_UNREACHABLE",
      "the registry ended before hang was answered",
    ]);
  },
  { source: shared },
);

testProgram(
  "call reaches an instance in another process, and reports how it failed",
  async (program) => {
    await using sandbox = await makeSandbox();
    const workspace = sandbox.path("work");
    await Deno.mkdir(workspace);
    const startInstance = async () => {
      const instance = spawn(sandbox, Deno.execPath(), [
        ...["run", "--quiet", "--allow-all", "--no-check", "--config"],
        new URL("../../deno.json", import.meta.url).pathname,
        new URL("./instance_process.ts", import.meta.url).pathname,
        workspace,
      ]);
      await until(`it listens: ${instance.errors}`, () => instance.lines.length > 0);
      return instance;
    };
    const call = (...args: string[]) =>
      run(program, sandbox, { args: ["call", "--json", "--workspace", workspace, ...args] });
    const none = await call("health");
    assertEquals(failing(none).slice(0, 2), [1, "NO_TARGET"]);

    const instance = await startInstance();
    const health = JSON.parse((await call("health")).stdout);
    assertEquals([health.status, health.workspace], ["ok", await Deno.realPath(workspace)]);
    assertEquals((await call("echo", '{"a":1}')).stdout, '{"a":1}\n');
    const to = await run(program, sandbox, {
      args: ["call", "--to", instance.lines[0]!, "echo", "[1]"],
    });
    assertEquals(to.stdout, "[1]\n");
    assertEquals(failing(await call("nope")).slice(0, 2), [1, "METHOD_NOT_FOUND"]);
    assertEquals(failing(await call("--timeout", "200ms", "hang")).slice(0, 2), [4, "TIMED_OUT"]);
    assertEquals(failing(await call("channel", "hang")).slice(0, 2), [2, "USAGE"]);

    const listening = spawn(sandbox, program.command, [
      ...[...program.args, "call", "--workspace", workspace, "--listen", "tick"],
    ]);
    await until("it has printed", () => listening.lines.length > 0);
    assertEquals(listening.lines[0], '{"n":1}');

    // The instance dies in the middle of the call, and leaves a stale socket behind.
    assertEquals(failing(await call("exit")).slice(0, 2), [1, "PEER_GONE"]);
    await until("the listener has noticed", () => listening.errors.length > 0);
    assertEquals(await listening.ended, 1);
    assertStringIncludes(listening.errors[0]!, "ended before it answered");
    assertEquals(failing(await call("health")).slice(0, 2), [1, "NO_TARGET"]);
    await startInstance();
    const again = await call("echo", "{}");
    assertEquals([again.code, again.stdout], [0, "{}\n"], again.stderr);
  },
  { source: shared },
);

testProgram("call supports a vscode-mcp bridge", async (program) => {
  await using sandbox = await makeSandbox();
  const workspace = sandbox.path("work");
  await Deno.mkdir(workspace);
  const { stdout } = await run(program, sandbox, {
    args: ["path", "--scheme", "vscode-mcp", workspace],
  });
  const path = stdout.trim();
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const bridge = async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(65536);
      const count = await conn.read(buffer);
      const { id, method } = JSON.parse(new TextDecoder().decode(buffer.subarray(0, count!)));
      await conn.write(new TextEncoder().encode(JSON.stringify({ id, result: { method } })));
      sandbox.defer(() => conn.close());
    }
  };
  bridge();
  const result = await run(program, sandbox, {
    args: ["call", "--workspace", workspace, "--scheme", "vscode-mcp", "get-diagnostics"],
  });
  assertEquals([result.stdout, result.stderr], ['{"method":"get-diagnostics"}\n', ""]);
}, { source: shared });

testProgram("the hub is also reachable over the registry's WebSocket", async (program) => {
  await using sandbox = await makeSandbox();
  await serve(program, sandbox);
  const registrySocket = hubOf(sandbox).replace("hub.sock", "registry.sock");
  const peers: ChannelPeer[] = [];
  for (const context of [SESSION, "tool"]) {
    const peer = startChannels(await openWebSocketStream(registrySocket), context);
    sandbox.defer(() => peer.dispose());
    peers.push(peer);
  }
  const [window, tool] = peers;
  window!.registerChannel("echo", {
    call: (_, arg) => arg,
    listen: () => new Emitter<unknown>().event,
  });
  const value = ["é", new Uint8Array(300_000).fill(7), { a: "x".repeat(3_000_000) }];
  const back = await tool!.getChannel(`echo@${SESSION}`).call<typeof value>("echo", value);
  assertEquals(back, value);

  const status = await run(program, sandbox, { args: ["status", "--json"] });
  assertEquals(JSON.parse(status.stdout).ipcSocket, hubOf(sandbox));
  const heard: string[] = [];
  registryChannel.client(tool!).onDidChangeSessions()(({ type }) => heard.push(type));
  await registryChannel.client(window!).add({ socketPath: SESSION });
  await until("the event is here", () => heard.length === 1);
  window!.dispose();
  assert(heard[0] === "added");
}, { source: shared });
