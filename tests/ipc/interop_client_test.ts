// VS Code's own client against our hub and our channel server.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  acceptChannels,
  ChannelError,
  ChannelPeer,
  connectChannels,
  Emitter,
  routedChannel,
  type ServerChannel,
  VSBuffer,
} from "../../src/ipc/mod.ts";
import { toByteStream } from "../../src/ipc/streams/byte_stream.ts";
import { makeSandbox, run, type Sandbox, startEditor, testProgram, until } from "../support/mod.ts";
import { loadVscode } from "../support/vscode_ipc.ts";
import { hubOf, serve } from "./cli_support.ts";
import { startHub } from "./support.ts";

/** Serves our channels to every client that connects. @returns the socket's path. */
function serveChannels(sandbox: Sandbox, channels: Record<string, ServerChannel>): string {
  const path = sandbox.path("server.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const accept = async () => {
    for await (const conn of listener) {
      const connection = acceptChannels(toByteStream(conn), {
        onPeer(connection, context) {
          const peer = new ChannelPeer(connection, context);
          for (const name in channels) peer.registerChannel(name, channels[name]!);
          return peer;
        },
      });
      sandbox.defer(() => connection.close());
    }
  };
  accept();
  return path;
}

const noEvents = () => {
  throw new Error("no events");
};

Deno.test("VS Code's client lists sessions and receives their changes", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const { registry, socketPath } = await startHub(sandbox);
  await registry.add({ socketPath: "/tmp/a.sock", folders: ["/a"] });
  const client = await vscode.connect(socketPath, "vscode");
  sandbox.defer(() => client.dispose());

  const channel = client.getChannel("registry");
  assertEquals(await channel.call("list"), [{ socketPath: "/tmp/a.sock", folders: ["/a"] }]);
  const heard: unknown[] = [];
  const subscription = channel.listen("onDidChangeSessions")((change) => heard.push(change));
  await channel.call("add", [{ socketPath: "/tmp/b.sock" }]);
  await channel.call("remove", ["/tmp/a.sock"]);
  assertEquals(heard, [
    { type: "added", session: { socketPath: "/tmp/b.sock" } },
    { type: "removed", session: { socketPath: "/tmp/a.sock", folders: ["/a"] } },
  ]);
  subscription.dispose();
  await channel.call("list");
  assertEquals(registry.listeners, 0);
});

Deno.test("every kind of value reaches our server and returns as VS Code sends it", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const seen: unknown[] = [];
  const path = serveChannels(sandbox, {
    echo: { call: (_, arg) => (seen.push(arg), arg), listen: noEvents },
  });
  const client = await vscode.connect(path, "vscode");
  sandbox.defer(() => client.dispose());
  const echo = client.getChannel("echo");
  const values: unknown[] = [
    undefined,
    null,
    true,
    "",
    "a",
    "\u{1f600} é ".repeat(40),
    0,
    -1,
    127,
    128,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53,
    -1.5,
    [],
    [[[1, ["two", [undefined]]], -3]],
    { a: { b: [1, { c: null }] }, "": "" },
    "x".repeat(16 * 1024 * 1024),
  ];
  for (const value of values) assertEquals(await echo.call("echo", value), value);
  assertEquals(seen, values);

  const bytes = new Uint8Array(16 * 1024 * 1024).map((_, i) => i * 7);
  const answer = await echo.call<{ buffer: Uint8Array }[]>("echo", [vscode.VSBuffer.wrap(bytes)]);
  assertEquals(answer[0]!.buffer.length, bytes.length);
  assert(answer[0]!.buffer.every((byte, i) => byte === bytes[i]));
  assertInstanceOf((seen.at(-1) as unknown[])[0], VSBuffer);
});

Deno.test("an error reaches VS Code's client with name, message and stack", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const path = serveChannels(sandbox, {
    bad: {
      call(command) {
        if (command === "object") throw { code: 7 };
        return Promise.reject(Object.assign(new RangeError("too far"), { stack: "one\ntwo" }));
      },
      listen: noEvents,
    },
  });
  const client = await vscode.connect(path, "vscode");
  sandbox.defer(() => client.dispose());
  const error = await assertRejects(() => client.getChannel("bad").call("error"), Error);
  assertEquals([error.name, error.message, error.stack], ["RangeError", "too far", "one\ntwo"]);
  assertEquals(await client.getChannel("bad").call("object").catch((error) => error), { code: 7 });
  const unknown = await assertRejects(() => client.getChannel("nowhere").call("x"), Error);
  assertEquals(unknown.name, "Unknown channel");
});

Deno.test("a token that VS Code's client cancels aborts the signal of our channel", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const aborted = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const path = serveChannels(sandbox, {
    slow: {
      call(_command, _arg, { signal }) {
        signal.addEventListener("abort", () => aborted.resolve());
        started.resolve();
        return new Promise(() => {});
      },
      listen: noEvents,
    },
  });
  const client = await vscode.connect(path, "vscode");
  sandbox.defer(() => client.dispose());
  const source = new vscode.CancellationTokenSource();
  const call = client.getChannel("slow").call("wait", undefined, source.token);
  await started.promise;
  source.cancel();
  await assertRejects(() => call, Error, "Canceled");
  await aborted.promise;
});

Deno.test("VS Code's client subscribes and unsubscribes without leaving a listener behind", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const emitter = new Emitter<unknown>();
  const path = serveChannels(sandbox, {
    ticks: { call: () => emitter.size, listen: () => emitter.event },
  });
  const client = await vscode.connect(path, "vscode");
  const channel = client.getChannel("ticks");
  const heard: unknown[] = [];
  const subscription = channel.listen("tick")((value) => heard.push(value));
  assertEquals(await channel.call("size"), 1);
  emitter.fire(1);
  emitter.fire({ two: 2 });
  await until("both events are here", () => heard.length === 2);
  subscription.dispose();
  assertEquals(await channel.call("size"), 0);
  channel.listen("tick")(() => {});
  assertEquals(await channel.call("size"), 1);
  client.dispose();
  await until("the listener went with its connection", () => emitter.size === 0);
  assertEquals(heard, [1, { two: 2 }]);
});

Deno.test("a thousand calls of VS Code's client are answered out of order", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const waiting: { arg: unknown; resolve: (value: unknown) => void }[] = [];
  const path = serveChannels(sandbox, {
    late: {
      call: (_, arg) => new Promise((resolve) => waiting.push({ arg, resolve })),
      listen: noEvents,
    },
  });
  const client = await vscode.connect(path, "vscode");
  sandbox.defer(() => client.dispose());
  const calls = Array.from({ length: 1000 }, (_, i) => client.getChannel("late").call("x", i));
  await until("all calls are here", () => waiting.length === 1000);
  for (const { arg, resolve } of waiting.reverse()) resolve(arg);
  assertEquals(await Promise.all(calls), calls.map((_, i) => i));
});

Deno.test("VS Code's proxy works with our service", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const { registry, socketPath } = await startHub(sandbox);
  await registry.add({ socketPath: "/tmp/a.sock", folders: ["/a"] });
  const client = await vscode.connect(socketPath, "vscode");
  sandbox.defer(() => client.dispose());
  const service = vscode.ProxyChannel.toService<
    { find(path: string): Promise<{ socketPath: string }>; nope(): Promise<void> }
  >(client.getChannel("registry"));
  assertEquals((await service.find("/a/b.ts")).socketPath, "/tmp/a.sock");
  await assertRejects(() => service.nope(), Error, "Method not found");
});

Deno.test("a window with VS Code's own client answers calls through the hub", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const { hub, socketPath } = await startHub(sandbox);
  const window = await vscode.connect(socketPath, "/tmp/w.sock");
  sandbox.defer(() => window.dispose());
  const emitter = new vscode.Emitter<unknown>();
  const cancelled = Promise.withResolvers<void>();
  window.registerChannel("tools", {
    call(_context, command, arg, token) {
      if (command === "fail") return Promise.reject(new RangeError("too far"));
      if (command !== "hang") return Promise.resolve(arg);
      token.onCancellationRequested(() => cancelled.resolve());
      return new Promise(() => {});
    },
    listen: () => emitter.event,
  });
  await until("the window has said whose it is", () => hub.connections().length === 1);
  const caller = await connectChannels(socketPath, "caller");
  sandbox.defer(() => caller.dispose());
  const tools = caller.getChannel(routedChannel("tools", "/tmp/w.sock"));
  const value = [1, "é", { a: [null] }, new VSBuffer(new Uint8Array([1, 2]))];
  assertEquals(await tools.call("echo", value), value);
  const error = await assertRejects(() => tools.call("fail"), ChannelError, "too far");
  assertEquals(error.name, "RangeError");
  const controller = new AbortController();
  const hanging = tools.call("hang", undefined, { signal: controller.signal });
  await tools.call("echo");
  controller.abort();
  await assertRejects(() => hanging, Error, "cancelled");
  await cancelled.promise;
  const heard: unknown[] = [];
  const subscription = tools.listen("tick")((event) => heard.push(event));
  await until("it listens", () => emitter.hasListeners());
  emitter.fire({ n: 1 });
  await until("the event is here", () => heard.length === 1);
  subscription.dispose();
  await until("it does not listen any more", () => !emitter.hasListeners());
});

testProgram("VS Code's client follows the sessions of a running registry", async (program) => {
  await using sandbox = await makeSandbox();
  await serve(program, sandbox);
  const vscode = await loadVscode();
  const client = await vscode.connect(hubOf(sandbox), "vscode");
  sandbox.defer(() => client.dispose());
  const channel = client.getChannel("registry");
  const heard: { type: string; session: { socketPath: string } }[] = [];
  channel.listen<typeof heard[0]>("onDidChangeSessions")((change) => heard.push(change));
  assertEquals(await channel.call("list"), []);
  // Another client of the registry, over HTTP.
  const folder = sandbox.path("home");
  const { socketPath } = await startEditor(sandbox);
  const added = await run(program, sandbox, { args: ["add", socketPath, folder] });
  assertEquals(added.code, 0, added.stderr);
  await until("it has heard", () => heard.length === 1);
  assertEquals([heard[0]!.type, heard[0]!.session.socketPath], ["added", socketPath]);
  const [session] = await channel.call<{ socketPath: string }[]>("list");
  assertEquals(session!.socketPath, socketPath);
});
