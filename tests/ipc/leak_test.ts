import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  connectChannels,
  Emitter,
  registryChannel,
  routedChannel,
  type SessionChange,
} from "../../src/ipc/mod.ts";
import { makeSandbox, socketsIn, until } from "../support/mod.ts";
import { gatedPeer, startHub } from "./support.ts";

const CYCLES = 10_000;

Deno.test("ten thousand subscriptions leave nothing behind", async () => {
  await using sandbox = await makeSandbox();
  const { hub, registry, socketPath } = await startHub(sandbox);
  const peer = await connectChannels(socketPath, "c");
  sandbox.defer(() => peer.dispose());
  const client = registryChannel.client(peer);
  for (let i = 0; i < CYCLES; i++) {
    client.onDidChangeSessions({ session: "/tmp/a.sock" })(() => {}).dispose();
    if (i % 100 === 0) await client.list();
  }
  await client.list();
  assertEquals(registry.listeners, 0);
  assertEquals(peer.client.openRequests, 0);
  assertEquals(hub.connections()[0]!.openRequests, 0);
});

Deno.test("ten thousand connections leave nothing behind", async () => {
  await using sandbox = await makeSandbox();
  const { hub, registry, socketPath } = await startHub(sandbox);
  const cycle = async () => {
    const peer = await connectChannels(socketPath, "/tmp/w.sock");
    const heard = Promise.withResolvers<SessionChange>();
    registryChannel.client(peer).onDidChangeSessions({ snapshot: true })(heard.resolve);
    await heard.promise;
    peer.dispose();
  };
  await cycle();
  await until("the first is gone", () => hub.connectionCount === 0);
  const before = socketsIn(sandbox.directory);
  for (let i = 0; i < CYCLES / 20; i++) await Promise.all(Array.from({ length: 20 }, cycle));
  await until("all are gone", () => hub.connectionCount === 0);
  assertEquals(registry.listeners, 0);
  assertEquals(hub.connections(), []);
  await until("their descriptors are gone", () => socketsIn(sandbox.directory) <= before);
});

Deno.test("a slow subscriber uses bounded memory, learns how many events it lost, and gets a snapshot", async () => {
  await using sandbox = await makeSandbox();
  const { registry, socketPath } = await startHub(sandbox, { limits: { eventBytes: 64 * 1024 } });
  const { peer, open } = await gatedPeer(socketPath);
  sandbox.defer(() => peer.dispose());
  const heard: SessionChange[] = [];
  registryChannel.client(peer).onDidChangeSessions()((change) => heard.push(change));
  await until("it is subscribed", () => registry.listeners === 1);

  const EVENTS = 20_000;
  const before = Deno.memoryUsage().external;
  for (let i = 0; i < EVENTS; i++) {
    await registry.add({ socketPath: `/tmp/${i % 10}.sock`, filler: "x".repeat(1000), i });
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  assert(Deno.memoryUsage().external - before < 16 * 1024 * 1024, "20 MB should not be kept");
  open();
  await until("a snapshot is here", () => heard.at(-1)?.type === "snapshot");
  const last = heard.at(-1)!;
  assert(last.type === "snapshot");
  assertEquals(heard.length - 1 + last.lost!, EVENTS);
  assertEquals(last.sessions.length, 10);
  await registry.add({ socketPath: "/tmp/new.sock" });
  await until("events go on", () => heard.at(-1)?.type === "added");
});

Deno.test("a routed subscription that falls behind ends with an error at both ends", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox, { limits: { eventBytes: 64 * 1024 } });
  const window = await connectChannels(socketPath, "/tmp/w.sock");
  sandbox.defer(() => window.dispose());
  const ticks = new Emitter<unknown>();
  window.registerChannel("ticks", { call: () => ticks.size, listen: () => ticks.event });
  const { peer, open } = await gatedPeer(socketPath);
  sandbox.defer(() => peer.dispose());
  let heard = 0;
  const ended = Promise.withResolvers<Error & { code?: string }>();
  peer.getChannel(routedChannel("ticks", "/tmp/w.sock")).listen("tick")(
    () => heard++,
    ended.resolve,
  );
  await until("it is subscribed", () => ticks.size === 1);
  for (let i = 0; ticks.size > 0; i++) {
    for (let j = 0; j < 100; j++) ticks.fire("x".repeat(1000));
    await new Promise((resolve) => setTimeout(resolve));
    assert(i < 1000, "the window should be told to stop");
  }
  open();
  assertEquals((await ended.promise).code, "EVENTS_LOST");
  assert(heard > 0);
  assertEquals(peer.client.openRequests, 0);
});

Deno.test("an argument of a listener that cannot be sent is rejected, and leaves nothing behind", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startHub(sandbox);
  const peer = await connectChannels(socketPath, "c");
  sandbox.defer(() => peer.dispose());
  const client = registryChannel.client(peer);
  const listen = (onEnd?: (error: Error) => void) =>
    peer.getChannel("registry").listen("onDidChangeSessions", () => {})(() => {}, onEnd);
  // Once before the other end has greeted, and once after.
  for (let round = 0; round < 2; round++) {
    const ended = Promise.withResolvers<Error>();
    listen(ended.resolve);
    assertEquals((await ended.promise).message, "cannot be sent: the argument is a function");
    await client.list();
  }
  assertThrows(() => listen(), Error, "is a function");
  assertEquals(peer.client.openRequests, 0);
});

Deno.test("a peer that sends requests and never reads is disconnected", async () => {
  await using sandbox = await makeSandbox();
  const { hub, registry, socketPath } = await startHub(sandbox, {
    limits: { stallMs: 200, pauseBytes: 64 * 1024 },
  });
  await registry.add({ socketPath: "/tmp/a.sock", filler: "x".repeat(100_000) });
  const { peer } = await gatedPeer(socketPath);
  sandbox.defer(() => peer.dispose());
  const calls = Array.from(
    { length: 200 },
    () => registryChannel.client(peer).list().catch(() => {}),
  );
  await until("its calls are there", () => hub.connectionCount === 1);
  await until("it was let go", () => hub.connectionCount === 0);
  peer.dispose();
  await Promise.all(calls);
});
