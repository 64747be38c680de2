/**
 * `watch()`, `GET /v1/events` and `/health`: the events that subscribers receive, and how streams
 * end.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { hubChannel } from "../../src/ipc/mod.ts";
import { RegistryClient, type WatchEvent } from "../../src/registry/mod.ts";
import { makeSandbox, until } from "../support/mod.ts";
import { connectRaw, exchangeRaw, statuses } from "../support/raw_http.ts";
import { startTestRegistry } from "./http_support.ts";

Deno.test("a subscriber receives the snapshot, then every change", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  await registry.add("/tmp/first.sock");
  const client = new RegistryClient({ socket: registry.socketPath, timeoutMs: 20_000 });
  const heard: string[] = [];
  const said = (event: WatchEvent) =>
    event.type === "snapshot"
      ? `snapshot ${event.sessions.map((session) => session.socketPath)}`
      : `${event.type} ${event.session.socketPath}`;
  for await (const event of client.watch()) {
    heard.push(said(event));
    if (event.type === "snapshot") {
      await registry.add("/tmp/second.sock");
      await client.deleteSession("/tmp/first.sock");
      await client.prune();
    }
    if (event.type === "pruned") break;
  }
  assertEquals(heard, [
    "snapshot /tmp/first.sock",
    "added /tmp/second.sock",
    "removed /tmp/first.sock",
    "pruned /tmp/second.sock",
  ]);
  using hub = await client.connectHub("test");
  await until(
    "leaving the loop closed its connection",
    async () => (await hubChannel.client(hub).connections()).length === 1,
  );
});

Deno.test("GET /v1/events sends the snapshot, then every change", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  await registry.add("/tmp/first.sock");
  const stream = await connectRaw(sandbox, registry.socketPath);
  await stream.send("GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n");
  await stream.until(/first\.sock/);
  await registry.add("/tmp/second.sock");
  await registry.ask("/delete-session", { socketPath: "/tmp/first.sock" });
  await registry.ask("/v1/prune", {});
  const received = await stream.until(/event: pruned\ndata: .*\n\n/);
  const events = received.matchAll(/event: (\w+)\ndata: .*?"socketPath":"([^"]*)"/g);
  assertEquals([...events].map(([, type, socketPath]) => `${type} ${socketPath}`), [
    "snapshot /tmp/first.sock",
    "added /tmp/second.sock",
    "removed /tmp/first.sock",
    "pruned /tmp/second.sock",
  ]);
});

Deno.test("no change is lost or repeated between the snapshot and the events", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const client = new RegistryClient({ socket: registry.socketPath, timeoutMs: 20_000 });
  const TOTAL = 400;
  let registering = true;
  const registered = (async () => {
    for (let i = 0; i < TOTAL; i++) {
      await registry.add(`/tmp/${i}.sock`);
      if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    registering = false;
  })();
  const watchOnce = async () => {
    const heard: string[] = [];
    for await (const event of client.watch()) {
      const sessions = event.type === "snapshot" ? [...event.sessions].reverse() : [event.session];
      heard.push(...sessions.map((session) => session.socketPath));
      if (heard.length >= TOTAL) break;
    }
    return heard;
  };
  const watches = [];
  while (registering) {
    if (watches.length < 20) watches.push(watchOnce());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await registered;
  const all = Array.from({ length: TOTAL }, (_, i) => `/tmp/${i}.sock`);
  for (const heard of await Promise.all(watches)) assertEquals(heard, all);
});

Deno.test("a subscriber that does not read is cut off, and uses bounded memory", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const slow = await connectRaw(sandbox, registry.socketPath);
  await slow.send("GET /v1/events HTTP/1.1\r\n\r\n");
  await slow.until(/snapshot/);
  // Events of 60 MB in total.
  const filler = "x".repeat(100_000);
  for (let i = 0; i < 600; i++) {
    await registry.registry.add({ socketPath: "/tmp/a.sock", filler, i });
  }
  const received = await slow.untilEnd();
  assert(received.length < 10_000_000, `${received.length} bytes were kept for it`);
  assertMatch(received, /\r\n0\r\n\r\n$/);
  await until("it is gone", () => registry.health().connections === 0);
});

Deno.test("watching ends with the server, and when it is aborted", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const client = new RegistryClient({ socket: registry.socketPath, timeoutMs: 20_000 });
  const abort = new AbortController();
  const watchAll = async (options: { signal?: AbortSignal }, onFirst: () => void) => {
    const types = [];
    for await (const { type } of client.watch(options)) {
      types.push(type);
      onFirst();
    }
    return types;
  };
  assertEquals(await watchAll(abort, () => abort.abort()), ["snapshot"]);
  assertEquals(await watchAll({ signal: abort.signal }, () => {}), []);
  assertEquals(await watchAll({}, () => void registry.close()), ["snapshot"]);
  await registry.finished;
});

Deno.test("the /health WebSocket answers each message", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startTestRegistry(sandbox);
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socketPath } });
  sandbox.defer(() => client.close());
  const socket = new WebSocket("ws://localhost/health", { client } as unknown as string[]);
  await new Promise((resolve) => socket.onopen = resolve);
  for (const message of ["ping", "", new Uint8Array([1, 2])]) {
    const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
    socket.send(message);
    const { event, status, lastHeartbeat } = JSON.parse(await answer);
    assertEquals([event, status, typeof lastHeartbeat], ["health", "alive", "number"]);
  }
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("a request at /health that is not a WebSocket handshake is refused, and the connection ends", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const get = "GET /health HTTP/1.1\r\nHost: a\r\n";
  const upgrade = `${get}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
  for (
    const [request, status] of [
      [`${get}\r\n`, 426],
      [`${upgrade}\r\n`, 400],
      [`${upgrade}Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`, 400],
    ] as const
  ) {
    assertEquals(statuses(await exchangeRaw(sandbox, registry.socketPath, request)), [status]);
  }
  await until("they are gone", () => registry.health().connections === 0);
});
