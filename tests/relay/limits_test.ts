import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { shareOf } from "../../src/relay/workers/workers.ts";
import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  echo,
  eventually,
  metric,
  serveUnix,
  startEchoRelay,
  startRelay,
  writeAll,
} from "./support.ts";

Deno.test("clients beyond --max-connections wait until a connection ends", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, [
    "--max-connections",
    "2",
    "--status",
    "127.0.0.1:0",
  ]);
  const first = await connect(relay);
  using second = await connect(relay);
  const third = connect(relay);
  await assertEchoes(second);
  const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
  assertEquals(metric(metrics, "connections_accepted_total"), 2);
  first.close();
  using conn = await third;
  await assertEchoes(conn);
});

Deno.test("workers share --max-connections", async () => {
  await using sandbox = await makeSandbox();
  let [open, most, served] = [0, 0, 0];
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, async (conn) => {
    most = Math.max(most, ++open);
    await echo(conn);
    open--;
    served++;
  });
  const limited = ["--workers", "2", "--max-connections", "3"];
  const relay = await startRelay(sandbox, ["--to", socket, ...limited]);
  const CLIENTS = 24;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    using conn = await connect(relay);
    await assertEchoes(conn);
    // Gives the relay time to admit the other clients, in case it breaks the limit.
    await delay(100);
  }));
  await eventually("all were served", () => served === CLIENTS);
  assert(most <= 3, `${most} at once`);
});

for (
  const [total, workers, shares] of [[3, 2, [2, 1]], [4, 2, [2, 2]], [7, 3, [3, 2, 2]]] as const
) {
  Deno.test(`${workers} workers divide ${total} connections into ${shares}`, () => {
    assertEquals(shares.map((_, index) => shareOf(total, workers, index)), [...shares]);
  });
}

Deno.test("a connection without traffic is reset at the idle limit, with its descriptors", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--idle-timeout", "1s"]);
  const before = descriptorCount(relay.pid);
  using conn = await connect(relay);
  await assertEchoes(conn);
  await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await eventually("its descriptors are free", () => descriptorCount(relay.pid) <= before + 1);
});

Deno.test("a client that does not read is reset at the idle limit while a write is blocked", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const ended = Promise.withResolvers<void>();
  serveUnix(sandbox, socket, async (conn) => {
    const block = new Uint8Array(1 << 20);
    try {
      for (;;) await writeAll(conn, block);
    } finally {
      ended.resolve();
    }
  });
  const relay = await startRelay(sandbox, ["--to", socket, "--idle-timeout", "500ms"]);
  const before = descriptorCount(relay.pid);
  using _conn = await connect(relay);
  await ended.promise;
  await eventually("its descriptors are free", () => descriptorCount(relay.pid) <= before + 1);
});

Deno.test("a target whose queue stays full refuses the client at the connect limit", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  // This listener never accepts; the loop below fills its queue.
  using _listener = Deno.listen({ transport: "unix", path: socket });
  const waiting: Deno.UnixConn[] = [];
  sandbox.defer(() => waiting.forEach((conn) => conn.close()));
  try {
    while (waiting.length < 10_000) {
      waiting.push(await Deno.connect({ transport: "unix", path: socket }));
    }
  } catch { /* The queue is full. */ }
  const relay = await startRelay(sandbox, ["--to", socket, "--connect-timeout", "300ms"]);
  using conn = await connect(relay);
  await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await relay.says(/does not accept connections: its queue has been full for 300 ms/);
});
