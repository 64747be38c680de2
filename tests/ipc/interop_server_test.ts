// Our client against VS Code's own server.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  ChannelError,
  type ChannelPeer,
  connectChannels,
  defineService,
  type Event,
  VSBuffer,
} from "../../src/ipc/mod.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { loadVscode, type Vscode, type VscodeServerChannel } from "../support/vscode_ipc.ts";

/** Connects our client to VS Code's server with these channels. */
async function connect(
  sandbox: Sandbox,
  vscode: Vscode,
  channels: Record<string, VscodeServerChannel>,
): Promise<ChannelPeer> {
  const path = sandbox.path("vscode.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const serve = async () => {
    const conn = await listener.accept();
    listener.close();
    const { protocol, context, ended } = await vscode.accept(conn);
    const server = new vscode.ChannelServer(protocol, context);
    for (const name in channels) server.registerChannel(name, channels[name]!);
    return ended;
  };
  const serving = serve();
  const client = await connectChannels(path, "ours");
  sandbox.defer(async () => {
    client.dispose();
    await serving;
  });
  return client;
}

const noEvents = () => {
  throw new Error("no events");
};

Deno.test("every kind of value reaches VS Code's server and returns as we send it", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const seen: unknown[] = [];
  const client = await connect(sandbox, vscode, {
    echo: {
      call: (context, _, arg) => {
        assertEquals(context, "ours");
        seen.push(arg);
        return Promise.resolve(arg);
      },
      listen: noEvents,
    },
  });
  const echo = client.getChannel("echo");
  const values: unknown[] = [
    undefined,
    null,
    false,
    "",
    "short",
    "é",
    "\u{1f600} é ".repeat(5000),
    0,
    -1,
    63,
    64,
    16383,
    16384,
    2 ** 31 - 1,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 40,
    0.1,
    [],
    [1, [2, [3, [undefined, "x", { y: [] }]]]],
    { nested: { list: [1, "two", null] } },
    "y".repeat(16 * 1024 * 1024),
  ];
  for (const value of values) assertEquals(await echo.call("echo", value), value);
  assertEquals(seen, values);
  // VS Code loses a lone surrogate that it sends; one that we send arrives intact.
  await echo.call("echo", "half a pair: \ud800");
  assertEquals(seen.at(-1), "half a pair: \ud800");
});

Deno.test("bytes reach VS Code as its VSBuffer or as a Buffer, and come back", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const kinds: string[] = [];
  const client = await connect(sandbox, vscode, {
    echo: {
      call: (_context, _command, arg) => {
        kinds.push((arg as object).constructor.name);
        return Promise.resolve(arg);
      },
      listen: noEvents,
    },
  });
  const bytes = new Uint8Array(16 * 1024 * 1024).map((_, i) => i * 13);
  const echo = client.getChannel("echo");
  const back = await echo.call<VSBuffer>("echo", new VSBuffer(bytes));
  assertInstanceOf(back, VSBuffer);
  assert(back.buffer.every((byte, i) => byte === bytes[i]));
  assertEquals(kinds, ["VSBuffer"]);
  await echo.call("echo", bytes.subarray(0, 3)).catch(() => {});
  assert(kinds[1] === "Uint8Array" || kinds[1] === "Buffer");
});

Deno.test("an error of VS Code's server keeps name, message and stack", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const client = await connect(sandbox, vscode, {
    bad: {
      call: (_, command) =>
        Promise.reject(
          command === "plain" ? "no error object" : Object.assign(new TypeError("wrong"), {
            stack: "TypeError: wrong\n    at there",
          }),
        ),
      listen: noEvents,
    },
  });
  const bad = client.getChannel("bad");
  const error = await assertRejects(() => bad.call("error"), ChannelError);
  assertEquals(error.name, "TypeError");
  assertEquals(error.message, "wrong");
  assertEquals(error.stack, "TypeError: wrong\n    at there");
  const plain = await assertRejects(() => bad.call("plain"), ChannelError);
  assertEquals(plain.data, "no error object");
});

Deno.test("an aborted signal cancels the token at VS Code's server", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const cancelled = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const client = await connect(sandbox, vscode, {
    slow: {
      call(_context, _command, _arg, token) {
        token.onCancellationRequested(() => cancelled.resolve());
        started.resolve();
        return new Promise(() => {});
      },
      listen: noEvents,
    },
  });
  const controller = new AbortController();
  const call = client.getChannel("slow").call("wait", undefined, { signal: controller.signal });
  await started.promise;
  controller.abort();
  const error = await assertRejects(() => call, Error, "cancelled");
  assertEquals((error as { code?: string }).code, "CANCELLED");
  await cancelled.promise;
  assertEquals(client.client.openRequests, 0);
});

Deno.test("events of VS Code's server arrive until the subscription is disposed of", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const emitter = new vscode.Emitter<unknown>();
  const client = await connect(sandbox, vscode, {
    ticks: { call: () => Promise.resolve(emitter.hasListeners()), listen: () => emitter.event },
  });
  const channel = client.getChannel("ticks");
  const heard: unknown[] = [];
  const subscription = channel.listen("tick")((value) => heard.push(value));
  await until("it listens", () => emitter.hasListeners());
  emitter.fire("one");
  emitter.fire(undefined);
  await until("both events are here", () => heard.length === 2);
  assertEquals(heard, ["one", undefined]);
  subscription.dispose();
  assertEquals(await channel.call("listening"), false);
});

Deno.test("a thousand calls are answered out of order by VS Code's server", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const waiting: (() => void)[] = [];
  const client = await connect(sandbox, vscode, {
    late: {
      call: (_context, _command, arg) => new Promise((resolve) => waiting.push(() => resolve(arg))),
      listen: noEvents,
    },
  });
  const calls = Array.from({ length: 1000 }, (_, i) => client.getChannel("late").call("x", i));
  await until("all calls are there", () => waiting.length === 1000);
  for (const answer of waiting.reverse()) answer();
  assertEquals(await Promise.all(calls), calls.map((_, i) => i));
});

Deno.test("our client works with a service behind VS Code's proxy", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const emitter = new vscode.Emitter<string>();
  const disposables = new vscode.DisposableStore();
  sandbox.defer(() => disposables.dispose());
  interface Greeter {
    greet(name: string, times: number): Promise<string>;
    onDidGreet: Event<string>;
  }
  const service = {
    greet(name: string, times: number) {
      emitter.fire(name);
      return Promise.resolve(`hello ${name} `.repeat(times));
    },
    onDidGreet: emitter.event,
  };
  const client = await connect(sandbox, vscode, {
    greeter: vscode.ProxyChannel.fromService(service, disposables),
  });
  const greeter = defineService<Greeter>("greeter").client(client);
  const heard: string[] = [];
  greeter.onDidGreet((name) => heard.push(name));
  assertEquals(await greeter.greet("Ann", 2), "hello Ann hello Ann ");
  await until("the event is here", () => heard.length === 1);
  assertEquals(heard, ["Ann"]);
});
