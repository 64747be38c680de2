import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { startRelay } from "./support.ts";

Deno.test("clients use an HTTP and WebSocket server behind the relay over TLS", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const server = Deno.serve({ path: socket, onListen: () => {} }, (request) => {
    if (request.headers.get("upgrade") !== "websocket") return new Response("a page");
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  sandbox.defer(() => server.shutdown());
  const relay = await startRelay(sandbox, ["--to", socket]);
  using client = Deno.createHttpClient({ caCerts: [relay.cert] });
  const page = await fetch(`https://localhost:${relay.port}/`, { client });
  assertEquals(await page.text(), "a page");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const ws = new WebSocket(`wss://localhost:${relay.port}/ws`, { client } as never);
  const closed = new Promise((resolve) => ws.onclose = resolve);
  ws.onerror = reject;
  ws.onopen = () => ws.send("x".repeat(200_000));
  ws.onmessage = ({ data }) => resolve(data);
  assertEquals((await promise).length, 200_000);
  ws.close();
  await closed;
});
