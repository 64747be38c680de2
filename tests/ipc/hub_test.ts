import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ChannelError,
  type ChannelPeer,
  connectChannels,
  defineService,
  Emitter,
  type Event,
  hubChannel,
  registryChannel,
  routedChannel,
  type ServerChannel,
  type SessionChange,
  windowContext,
} from "../../src/ipc/mod.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { startHub } from "./support.ts";

const WINDOW = "/run/user/1000/vscode-ipc-a.sock";

async function connect(
  sandbox: Sandbox,
  socketPath: string,
  context: string,
): Promise<ChannelPeer> {
  const peer = await connectChannels(socketPath, context);
  sandbox.defer(() => peer.dispose());
  return peer;
}

function echoing(events: Event<unknown>): ServerChannel {
  return {
    call(command, arg) {
      if (command === "fail") throw Object.assign(new RangeError("too far"), { code: "E_FAR" });
      return Promise.resolve(arg);
    },
    listen: () => events,
  };
}

Deno.test("each of two windows receives only its own event", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox);
  const heard: Record<string, SessionChange[]> = { a: [], b: [], all: [] };
  const filters = { a: { session: "/tmp/a.sock" }, b: { folder: "/home/ann/b" }, all: undefined };
  for (const [name, filter] of Object.entries(filters)) {
    const peer = await connect(sandbox, socketPath, name);
    const client = registryChannel.client(peer);
    client.onDidChangeSessions(filter)((change) => heard[name]!.push(change));
    await client.list();
  }
  const a = { socketPath: "/tmp/a.sock", folders: ["/home/ann/a"] };
  const b = { socketPath: "/tmp/b.sock", folders: ["/home/ann/b/inner"] };
  const bb = { socketPath: "/tmp/bb.sock", folders: ["/home/ann/bb"] };
  for (const session of [a, b, bb]) await registry.add(session);
  await registry.remove("/tmp/b.sock");
  await until("all events are here", () => heard.all!.length === 4);
  assertEquals(heard.a, [{ type: "added", session: a }]);
  assertEquals(heard.b, [{ type: "added", session: b }, { type: "removed", session: b }]);
});

Deno.test("no change is lost or duplicated between the snapshot and the events", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox);
  let sessions = 0;
  const churn = setInterval(() => {
    for (let i = 0; i < 5; i++) registry.add({ socketPath: `/tmp/${sessions++}.sock` });
  });
  for (let round = 0; round < 20; round++) {
    const peer = await connect(sandbox, socketPath, "c");
    const told: string[] = [];
    registryChannel.client(peer).onDidChangeSessions({ snapshot: true })((change) => {
      if (change.type === "snapshot") told.push(...change.sessions.map((s) => s.socketPath));
      else told.push(change.session.socketPath);
    });
    await until("some events are here", () => told.length > 20);
    assertEquals(told, told.map((_, i) => `/tmp/${i}.sock`));
  }
  clearInterval(churn);
});

Deno.test("a call goes through the hub to the window and back", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, windowContext(WINDOW, "tools"));
  const ticks = new Emitter<unknown>();
  window.registerChannel("tools", echoing(ticks.event));
  const cli = await connect(sandbox, socketPath, "cli");
  const tools = cli.getChannel(routedChannel("tools", WINDOW));

  const value = [1, { a: "b" }, new Uint8Array([1, 2, 3]), "x".repeat(1024 * 1024)];
  assertEquals(await tools.call("echo", value), value);
  const error = await assertRejects(() => tools.call("fail"), ChannelError);
  assertEquals([error.name, error.message, error.code], ["RangeError", "too far", "E_FAR"]);
  assert(error.stack?.includes("hub_test.ts"), "the stack should be the window's");

  const heard: unknown[] = [];
  const subscription = tools.listen("tick")((value) => heard.push(value));
  await until("the window has a listener", () => ticks.size === 1);
  ticks.fire({ n: 1 });
  await until("the event came back", () => heard.length === 1);
  subscription.dispose();
  await until("the listener is gone", () => ticks.size === 0);
  assertEquals(window.server.openRequests, 0);
  assertEquals(cli.client.openRequests, 0);
});

Deno.test("a cancelled call is cancelled in the window, also when the caller disconnects", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, WINDOW);
  let running = 0;
  window.registerChannel("slow", {
    call(_command, _arg, { signal }) {
      running++;
      signal.addEventListener("abort", () => running--);
      return new Promise(() => {});
    },
    listen: () => new Emitter<unknown>().event,
  });
  const cli = await connect(sandbox, socketPath, "cli");
  const slow = cli.getChannel(routedChannel("slow", WINDOW));
  const controller = new AbortController();
  const call = slow.call("wait", undefined, { signal: controller.signal });
  await until("it runs", () => running === 1);
  controller.abort();
  await assertRejects(() => call, Error, "cancelled");
  await until("it was cancelled", () => running === 0);

  const left = slow.call("wait").catch((error) => error.code);
  await until("it runs again", () => running === 1);
  cli.dispose();
  await until("it was cancelled again", () => running === 0);
  assertEquals(await left, "CONNECTION_CLOSED");
});

Deno.test("each failure of a routed call has its own error", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const cli = await connect(sandbox, socketPath, "cli");
  const failure = (channel: string, command: string) =>
    cli.getChannel(routedChannel(channel, WINDOW)).call(command).then(
      () => "no failure",
      (error) => error.code,
    );
  assertEquals(await failure("tools", "x"), "WINDOW_NOT_CONNECTED");
  assertEquals(hub.connections()[0]!.openRequests, 0, "an answered request should be over");
  const window = await connect(sandbox, socketPath, WINDOW);
  interface Tools {
    hang(): Promise<void>;
  }
  defineService<Tools>("tools").serve(window, { hang: () => new Promise(() => {}) });
  assertEquals(await failure("other", "x"), "CHANNEL_NOT_FOUND");
  assertEquals(await failure("tools", "nope"), "METHOD_NOT_FOUND");
  assertEquals(await failure("tools", "toString"), "METHOD_NOT_FOUND");
  const hanging = failure("tools", "hang");
  await until("it hangs", () => window.server.openRequests === 1);
  window.dispose();
  assertEquals(await hanging, "PEER_GONE");

  const ended = Promise.withResolvers<Error>();
  cli.getChannel(routedChannel("tools", WINDOW)).listen("onTick")(() => {}, ended.resolve);
  assertEquals((await ended.promise as ChannelError).code, "WINDOW_NOT_CONNECTED");
});

Deno.test("a reloaded window replaces its former connection, and finds the present state", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox);
  await registry.add({ socketPath: WINDOW, folders: ["/home/ann"] });
  const cli = await connect(sandbox, socketPath, "cli");
  const ask = () => cli.getChannel(routedChannel("who", WINDOW)).call("am i");
  const register = (peer: ChannelPeer, name: string) =>
    peer.registerChannel("who", {
      call: () => name,
      listen: () => new Emitter<unknown>().event,
    });
  const before = await connect(sandbox, socketPath, WINDOW);
  register(before, "before");
  assertEquals(await ask(), "before");

  const after = await connect(sandbox, socketPath, WINDOW);
  const state = Promise.withResolvers<SessionChange>();
  registryChannel.client(after).onDidChangeSessions({ session: WINDOW, snapshot: true })(
    state.resolve,
  );
  const asked = ask();
  // The call arrives before the channel is registered, and waits for it.
  await until("the call waits", () => after.server.openRequests === 1);
  register(after, "after");
  assertEquals(await asked, "after");
  const first = await state.promise;
  assertEquals(first.type === "snapshot" && first.sessions.length, 1);
  before.dispose();
  after.dispose();
  await until(
    "both are gone",
    () => registry.listeners === 0,
  );
  assertEquals(registry.snapshot().length, 1, "the session should stay");
});

Deno.test("a hub whose socket is removed listens there again, and keeps its connections", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const before = await connect(sandbox, socketPath, "before");
  await Deno.remove(socketPath.replace(/\/[^/]*$/, ""), { recursive: true });
  const exists = () => {
    try {
      return Deno.lstatSync(socketPath).isSocket === true;
    } catch {
      return false;
    }
  };
  await until("the socket is back", exists);
  assertEquals(Deno.lstatSync(socketPath).mode! & 0o777, 0o600);
  const after = await connect(sandbox, socketPath, "after");
  assertEquals((await hubChannel.client(before).connections()).length, 2);
  assertEquals((await hubChannel.client(after).connections()).length, 2);
});

Deno.test("the hub lists its connections, and which of them are windows", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  await connect(sandbox, socketPath, windowContext(WINDOW, "tools"));
  const cli = await connect(sandbox, socketPath, "cli");
  const listed = await hubChannel.client(cli).connections();
  assertEquals(listed.map(({ context, session }) => [context, session]), [
    [`tools@${WINDOW}`, WINDOW],
    ["cli", null],
  ]);
});

Deno.test("a value that cannot be sent is rejected by the sender, with its place in the error", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const cli = await connect(sandbox, socketPath, "cli");
  const registry = cli.getChannel("registry");
  const cycle: Record<string, unknown> = { a: { b: [] } };
  (cycle.a as Record<string, unknown>).c = cycle;
  const cases: [unknown, string][] = [
    [() => {}, "the argument is a function"],
    [{ a: [1, { callback: () => {} }] }, "the argument.a[1].callback is a function"],
    [[0, { "odd key": 1n }], 'the argument[1]["odd key"] is a bigint'],
    [{ a: NaN }, "the argument.a is NaN"],
    [{ a: [undefined] }, "the argument.a[0] is undefined"],
    [{ a: new Map() }, "the argument.a is an instance of Map"],
    [{ a: new Error("x") }, "the argument.a is an instance of Error"],
    [{ a: new Uint8Array(1) }, "the argument.a holds bytes"],
    [{ [Symbol("s")]: 1 }, "the argument has a symbol as a key"],
    [cycle, "the argument.a.c refers back"],
  ];
  for (const [value, reason] of cases) {
    await assertRejects(() => registry.call("list", value), Error, reason);
  }
  const date = new Date(0);
  assertEquals(cli.client.openRequests, 0);
  assertEquals(await registry.call("add", [{ socketPath: "/tmp/d", at: date, no: undefined }]), {
    socketPath: "/tmp/d",
    at: date.toISOString(),
  });
});

Deno.test("a result that cannot be sent becomes an error for the caller", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, WINDOW);
  window.registerChannel("bad", {
    call: () => ({ deep: [() => {}] }),
    listen: () => new Emitter<unknown>().event,
  });
  const cli = await connect(sandbox, socketPath, "cli");
  await assertRejects(
    () => cli.getChannel(routedChannel("bad", WINDOW)).call("x"),
    ChannelError,
    "the value.deep[0] is a function",
  );
});
