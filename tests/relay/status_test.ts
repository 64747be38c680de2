import { assertEquals, assertMatch } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import {
  closeQuietly,
  connect,
  echo,
  encode,
  metric,
  readAll,
  readText,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

Deno.test("/healthz reports whether the target accepts connections, and /metrics has the counts", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const relay = await startRelay(sandbox, ["--to", socket, "--status", "127.0.0.1:0"]);
  const get = (path: string) => fetch(`http://${relay.status}${path}`);
  const health = await get("/healthz");
  assertEquals([health.status, (await health.json()).status], [
    503,
    "no target accepts connections",
  ]);
  const refused = await connect(relay);
  await refused.read(new Uint8Array(1)).catch(() => {});
  refused.close();
  const listener = serveUnix(sandbox, socket, echo);
  const well = await get("/healthz");
  assertEquals([well.status, (await well.json()).status], [200, "alive"]);
  using conn = await connect(relay);
  await writeAll(conn, encode("hello"));
  await readText(conn, 5);
  const answer = await get("/metrics");
  assertMatch(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  assertEquals(metric(text, "connections_open"), 1);
  assertEquals(metric(text, "connections_accepted_total"), 2);
  assertEquals(metric(text, 'connections_refused_total{reason="connect-failed"}'), 1);
  assertEquals(metric(text, 'bytes_total{direction="up"}'), 5);
  assertEquals(metric(text, 'bytes_total{direction="down"}'), 5);
  assertEquals(metric(text, "handshake_seconds_count"), 2);
  assertEquals(metric(text, "connect_seconds_count"), 1);
  assertEquals(metric(text, 'connect_seconds_bucket{le="+Inf"}'), 1);
  const other = await get("/other");
  await other.body?.cancel();
  assertEquals(other.status, 404);
  closeQuietly(listener);
});

Deno.test("the status is served on a Unix socket too", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("status.sock");
  const relay = await startRelay(sandbox, [
    "--to",
    sandbox.path("x.sock"),
    "--status",
    `unix:${path}`,
  ]);
  assertEquals(relay.status, `unix:${path}`);
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const health = await fetch("http://localhost/healthz", { client });
  await health.body?.cancel();
  assertEquals(health.status, 503);
});

Deno.test("the response to HEAD is only the head", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("status.sock");
  await startRelay(sandbox, ["--to", sandbox.path("x.sock"), "--status", `unix:${path}`]);
  using conn = await Deno.connect({ transport: "unix", path });
  await writeAll(conn, encode("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  assertMatch(
    await readAll(conn),
    /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: [0-9]+\r\n[^]*\r\n\r\n$/,
  );
});

Deno.test("/healthz/ is /healthz, and both become a WebSocket when they are asked to", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  const relay = await startRelay(sandbox, ["--to", socket, "--status", "127.0.0.1:0"]);
  const open: WebSocket[] = [];
  for (const path of ["/healthz", "/healthz/"]) {
    const plain = await fetch(`http://${relay.status}${path}`);
    assertEquals((await plain.json()).status, "alive");
    const health = new WebSocket(`ws://${relay.status}${path}`);
    open.push(health);
    await new Promise((resolve, reject) => {
      health.onopen = resolve;
      health.onerror = reject;
    });
    const answer = new Promise<string>((resolve) => health.onmessage = ({ data }) => resolve(data));
    health.send("");
    const { event, status, lastHeartbeat } = JSON.parse(await answer);
    assertEquals([event, status, typeof lastHeartbeat], ["health", "alive", "number"]);
  }
  // The client closes the first connection; the second ends with the relay.
  const closed = open.map((health) => new Promise((resolve) => health.onclose = resolve));
  open[0]!.close();
  await closed[0];
  relay.signal("SIGTERM");
  await closed[1];
  assertEquals((await relay.ended).code, 0);
});

Deno.test("eight open WebSockets do not block other requests", async () => {
  await using sandbox = await makeSandbox();
  const to = ["--to", sandbox.path("target.sock")];
  const relay = await startRelay(sandbox, [...to, "--status", "127.0.0.1:0"]);
  const sockets = Array.from({ length: 8 }, () => new WebSocket(`ws://${relay.status}/healthz`));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.onclose = resolve));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.onopen = resolve)));
  const further = await fetch(`http://${relay.status}/healthz`);
  await further.body?.cancel();
  assertEquals(further.status, 503);
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
});
