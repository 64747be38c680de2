/** Silent WebSockets: peers that answer pings stay, and dead peers are disconnected. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openWebSocketStream } from "../ipc/websocket_client.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { connectRaw } from "../support/raw_http.ts";
import { startTestRegistry } from "./http_support.ts";

const PING_MS = 60;

/** Opens a peer that completes the handshake and then does nothing. */
async function openAndFallSilent(sandbox: Sandbox, socketPath: string, path: string) {
  const peer = await connectRaw(sandbox, socketPath);
  await peer.send(
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  return peer;
}

for (const path of ["/health", "/ipc"]) {
  Deno.test(`a dead peer of ${path} is pinged three times and then disconnected`, async () => {
    await using sandbox = await makeSandbox();
    const registry = await startTestRegistry(sandbox, { pingIntervalMs: PING_MS });
    const peer = await openAndFallSilent(sandbox, registry.socketPath, path);
    const received = await peer.untilEnd();
    assertMatch(received, /^HTTP\/1\.1 101 /);
    // A ping without a payload is 0x89 0x00, and 0x89 alone is no valid text.
    const frames = received.slice(received.indexOf("\r\n\r\n") + 4);
    assertEquals(frames, "\ufffd\0".repeat(3));
    await until("it is gone", () => registry.health().connections === 0);
  });
}

Deno.test("an idle peer that answers pings stays on /health", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { pingIntervalMs: PING_MS });
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: registry.socketPath } });
  sandbox.defer(() => client.close());
  const socket = new WebSocket("ws://localhost/health", { client } as unknown as string[]);
  await new Promise((resolve) => socket.onopen = resolve);
  // The idle time is far longer than a dead peer, which is observed meanwhile, survives.
  const dead = await openAndFallSilent(sandbox, registry.socketPath, "/health");
  await dead.untilEnd();
  const later = await openAndFallSilent(sandbox, registry.socketPath, "/health");
  await later.untilEnd();
  const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
  socket.send("are you there");
  assertEquals(JSON.parse(await answer).event, "health");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("an idle channel client of ours stays on /ipc", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { pingIntervalMs: PING_MS });
  const stream = await openWebSocketStream(registry.socketPath);
  const dead = await openAndFallSilent(sandbox, registry.socketPath, "/health");
  await dead.untilEnd();
  let ended = false;
  const reading = stream.read(new Uint8Array(16)).then((count) => ended = count === null);
  assert(!ended);
  await until("only it is left", () => registry.health().connections === 1);
  stream.close();
  await reading;
  await until("it is gone", () => registry.health().connections === 0);
});

Deno.test("a peer of /health that sends messages and never reads is disconnected", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const peer = await openAndFallSilent(sandbox, registry.socketPath, "/health");
  // A masked text message of one letter, as clients send it.
  const message = [0x81, 0x81, 0, 0, 0, 0, 0x78];
  const many = new Uint8Array(Array.from({ length: 5000 }, () => message).flat());
  for (let i = 0; i < 60 && await peer.send(many); i++) { /* until nobody takes it */ }
  await until("it is gone", () => registry.health().connections === 0);
});
