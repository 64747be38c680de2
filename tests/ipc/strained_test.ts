/** Peers that send too much, too early, too late, or invalid requests do not affect others. */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type ChannelPeer,
  connectChannels,
  Emitter,
  type Event,
  registryChannel,
  routedChannel,
  sessionChanges,
} from "../../src/ipc/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { watchRegistry } from "../../src/registry/client/watch.ts";
import { Request, Response } from "../../src/ipc/wire/wire.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { RawClient } from "./raw_client.ts";
import { type FakeRegistry, gatedPeer, startHub } from "./support.ts";

const WINDOW = "/run/user/1000/vscode-ipc-a.sock";
const CHANGES = "onDidChangeSessions";

async function connect(sandbox: Sandbox, path: string, context: string): Promise<ChannelPeer> {
  const peer = await connectChannels(path, context);
  sandbox.defer(() => peer.dispose());
  return peer;
}

/** Counts how often the registry is asked for its sessions from now on. */
function countLists(registry: FakeRegistry): () => number {
  let asked = 0;
  const snapshot = registry.snapshot;
  registry.snapshot = () => {
    asked++;
    return snapshot.call(registry);
  };
  return () => asked;
}

Deno.test("two requests with the same number end their connection, and no other", async () => {
  await using sandbox = await makeSandbox();
  const { hub, registry, socketPath } = await startHub(sandbox);
  const bystander = await connect(sandbox, socketPath, "bystander");
  const client = await RawClient.connect(sandbox, socketPath, "c");
  await client.initialize();
  for (let i = 0; i < 2; i++) await client.request(Request.Listen, 1, "registry", CHANGES);
  assertEquals(await client.next(), undefined);
  await until("it is gone", () => hub.connectionCount === 1);
  assertEquals(registry.listeners, 0);
  assertEquals(await registryChannel.client(bystander).list(), []);
});

Deno.test("requests beyond the limit are refused until one of them ends", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox, { limits: { maxRequests: 3 } });
  const peer = await connect(sandbox, socketPath, "c");
  const client = registryChannel.client(peer);
  const [first] = Array.from({ length: 3 }, () => client.onDidChangeSessions()(() => {}));
  await assertRejects(() => client.list(), Error, "more than 3 requests at once");
  first!.dispose();
  assertEquals(await client.list(), []);
});

Deno.test("a failed subscription is reported to clients that understand it, and not to VS Code's", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, WINDOW);
  let asked = 0;
  window.registerChannel("tools", {
    call: () => asked,
    listen() {
      asked++;
      throw new Error("no such event");
    },
  });
  const client = await RawClient.connect(sandbox, socketPath, "vscode");
  await client.initialize();
  const channel = routedChannel("tools", WINDOW);
  await client.request(Request.Listen, 7, channel, "none");
  await until("the window has refused", () => asked === 1);
  await client.request(Request.Call, 8, channel, "asked");
  const answer = await client.next();
  assertEquals([answer!.header.type, answer!.header.id], [Response.Success, 8]);
});

Deno.test("a VS Code client that loses events is disconnected, so that it notices", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox, { limits: { eventBytes: 64 * 1024 } });
  const window = await connect(sandbox, socketPath, WINDOW);
  const ticks = new Emitter<unknown>();
  window.registerChannel("ticks", { call: () => ticks.size, listen: () => ticks.event });
  const client = await RawClient.connect(sandbox, socketPath, "vscode");
  await client.initialize();
  await client.request(Request.Listen, 1, routedChannel("ticks", WINDOW), "tick");
  await until("it is subscribed", () => ticks.size === 1);
  await until("it has lost some", () => {
    for (let i = 0; i < 100; i++) ticks.fire("x".repeat(1000));
    return ticks.size === 0;
  });
  await until("it is let go", () => hub.connectionCount === 1);
});

Deno.test("a request for a window that is still starting arrives unchanged", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const window = await RawClient.connect(sandbox, socketPath, WINDOW);
  await until("the window is known", () => hub.connections().length === 1);
  const peer = await connect(sandbox, socketPath, "c");
  const call = peer.getChannel(routedChannel("tools", WINDOW)).call("echo", "early".repeat(1000));
  // Later messages are read into the memory in which the request arrived.
  for (let i = 0; i < 20; i++) {
    await assertRejects(() => peer.getChannel("registry").call("find", ["late".repeat(1000)]));
  }
  await window.initialize();
  const { header, value } = (await window.next())!;
  assertEquals([header.channel, header.name, value], ["tools", "echo", "early".repeat(1000)]);
  await window.request(Response.Success, header.id, undefined, undefined, "answer");
  assertEquals(await call, "answer");
});

Deno.test("calls and subscriptions on an ended connection fail at once", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const peer = await connect(sandbox, socketPath, "c");
  const client = registryChannel.client(peer);
  await client.list();
  peer.dispose();
  await assertRejects(() => deadline(client.list(), 20_000), Error, "the connection ended");
  const ended = Promise.withResolvers<Error>();
  client.onDidChangeSessions()(() => {}, ended.resolve);
  assertEquals((await ended.promise as Error & { code?: string }).code, "CONNECTION_CLOSED");
  assertEquals(peer.client.openRequests, 0);
});

Deno.test("a channel that replaced another stays when the other is disposed of", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, WINDOW);
  const serve = (name: string) =>
    window.registerChannel("who", { call: () => name, listen: () => new Emitter().event });
  const first = serve("first");
  serve("second");
  first.dispose();
  const peer = await connect(sandbox, socketPath, "c");
  assertEquals(await peer.getChannel(routedChannel("who", WINDOW)).call("am i"), "second");
});

Deno.test("calls that share a signal leave no listeners on it", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const peer = await connect(sandbox, socketPath, "c");
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove.apply(signal, args);
  };
  for (let i = 0; i < 5; i++) await peer.getChannel("registry").call("list", [], { signal });
  await assertRejects(() => peer.getChannel("registry").call("find", ["x"], { signal }));
  assertEquals(listeners, 0);
});

Deno.test("a peer that sends requests without reading gets no further answers until it reads", async () => {
  await using sandbox = await makeSandbox();
  const CALLS = 1000;
  const { registry, socketPath } = await startHub(sandbox, { limits: { pauseBytes: 64 * 1024 } });
  await registry.add({ socketPath: "/tmp/a.sock", filler: "x".repeat(20_000) });
  const asked = countLists(registry);
  const { peer, open } = await gatedPeer(socketPath);
  sandbox.defer(() => peer.dispose());
  // Long requests, so that the hub reads only a few of them at once.
  const call = () => peer.getChannel("registry").call("list", ["x".repeat(1000)]).catch(() => {});
  const calls = Array.from({ length: CALLS }, call);
  const bystander = registryChannel.client(await connect(sandbox, socketPath, "bystander"));
  await until("some are answered", () => asked() > 0);
  for (let i = 0; i < 200; i++) await bystander.list();
  assertLess(asked() - 200, CALLS / 2);
  open();
  assertEquals(
    (await Promise.all(calls)).filter((sessions) => sessions !== undefined).length,
    CALLS,
  );
});

Deno.test("a peer with more unread answers than the hub holds is disconnected, and no other", async () => {
  await using sandbox = await makeSandbox();
  const limits = { maxWaitingBytes: 1024 * 1024, pauseBytes: Infinity };
  const { hub, registry, socketPath } = await startHub(sandbox, { limits });
  await registry.add({ socketPath: "/tmp/a.sock", filler: "x".repeat(100_000) });
  const asked = countLists(registry);
  const bystander = await connect(sandbox, socketPath, "bystander");
  const { peer } = await gatedPeer(socketPath);
  sandbox.defer(() => peer.dispose());
  const call = () => registryChannel.client(peer).list().then(() => "answered", () => "not");
  const calls = Array.from({ length: 200 }, call);
  await until("it was there", () => asked() > 0);
  await until("it was let go", () => hub.connectionCount === 1);
  assertEquals((await registryChannel.client(bystander).list()).length, 1);
  peer.dispose();
  assertEquals(new Set(await Promise.all(calls)), new Set(["not"]));
});

Deno.test("a window that breaks the protocol is disconnected; its caller gets an error and stays connected", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const window = await RawClient.connect(sandbox, socketPath, WINDOW);
  await window.initialize();
  const peer = await connect(sandbox, socketPath, "c");
  await until("both are there", () => hub.connections().length === 2);
  const call = peer.getChannel(routedChannel("tools", WINDOW)).call("x");
  const { header } = (await window.next())!;
  await window.send((writer) => {
    writer.header(Response.Success, header.id);
    writer.raw(new Uint8Array([99]));
  });
  const error = await assertRejects(() => call);
  assertEquals((error as { code?: string }).code, "PEER_GONE");
  assertEquals(await registryChannel.client(peer).list(), []);
});

Deno.test("an event that ends during its first call is disposed of", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const window = await connect(sandbox, socketPath, WINDOW);
  let disposed = 0;
  const over: Event<unknown> = (_listener, onEnd) => {
    onEnd?.(new Error("over"));
    const dispose = () => void disposed++;
    return { dispose, [Symbol.dispose]: dispose };
  };
  window.registerChannel("tools", { call: () => disposed, listen: () => over });
  const peer = await connect(sandbox, socketPath, "c");
  const ended = Promise.withResolvers<Error>();
  const tools = peer.getChannel(routedChannel("tools", WINDOW));
  tools.listen("x")(() => {}, ended.resolve);
  assertEquals((await ended.promise).message, "over");
  assertEquals(await tools.call("disposed"), 1);
});

Deno.test("watching ends with an error that waiting cannot resolve", async () => {
  await using sandbox = await makeSandbox();
  const { hub, socketPath } = await startHub(sandbox);
  const refused = new SessionctlError("FOREIGN_OWNER", "it is somebody else's by now");
  const reasons: string[] = [];
  let connected = 0;
  const watching = Array.fromAsync(watchRegistry(
    () => connected++ === 0 ? connectChannels(socketPath, "watch") : Promise.reject(refused),
    { onAway: ({ code }) => void reasons.push(code) },
  ));
  await until("it watches", () => hub.connections()[0]?.openRequests === 1);
  hub.close();
  const ended: Promise<unknown> = watching.catch((error) => error);
  assertEquals(await deadline(ended, 20_000), refused);
  assertEquals(reasons, ["CONNECTION_CLOSED"]);
});

Deno.test("a follower that falls behind gets a snapshot in place of the missed changes", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox);
  const changes = sessionChanges(await connect(sandbox, socketPath, "follower"));
  assertEquals((await changes.next()).value?.type, "snapshot");
  const other = await connect(sandbox, socketPath, "other");
  const channel = registryChannel.client(other);
  let reads = 0;
  const snapshot = registry.snapshot;
  registry.snapshot = () => (reads++, snapshot.call(registry));
  const SESSIONS = 12_000;
  for (let i = 0; i < SESSIONS; i += 100) {
    const some = Array.from({ length: 100 }, (_, j) => channel.add({ socketPath: `/${i + j}` }));
    await Promise.all(some);
  }
  // Without a reader, the follower ends its subscription.
  await until("it has fallen behind", () => registry.listeners === 0);
  const next = (await changes.next()).value;
  assertEquals([next?.type, next?.type === "snapshot" && next.sessions.length], [
    "snapshot",
    SESSIONS,
  ]);
  assertEquals(reads, 1);
  await channel.remove("/0");
  assertEquals((await changes.next()).value?.type, "removed");
});
