/** Bulk data through a relay that authenticates its clients. */
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import { clientProgram as program } from "./client_program.ts";
import {
  closeQuietly,
  connect,
  connectRaw,
  descriptorCount,
  eventually,
  PATIENCE_MS,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

const MIB = 1024 * 1024;
const ignore = program === undefined;

async function startRouted(
  sandbox: Sandbox,
  target: (conn: Deno.Conn) => Promise<void>,
): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, target);
  return await startRelay(sandbox, ["--route", `localhost=${socket}`], { program });
}

/** Counts the bytes of a connection until it ends. */
async function countBytes(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (let n; (n = await conn.read(buffer)) !== null;) total += n;
  return total;
}

Deno.test("5 MiB followed by the client's end reach the target of a route repeatedly", {
  ignore,
}, async () => {
  await using sandbox = await makeSandbox();
  const totals: Promise<number>[] = [];
  const relay = await startRouted(sandbox, async (conn) => {
    const total = countBytes(conn);
    totals.push(total);
    await total;
    await conn.closeWrite();
  });
  const before = descriptorCount(relay.pid);
  const clients = Promise.all(Array.from({ length: 10 }, async () => {
    using conn = await connect(relay);
    await writeAll(conn, new Uint8Array(5 * MIB));
    await conn.closeWrite();
    // The target also ends the connection cleanly.
    assertEquals(await countBytes(conn), 0);
  }));
  await deadline(clients, PATIENCE_MS);
  assertEquals(await Promise.all(totals), Array(10).fill(5 * MIB));
  await eventually("all descriptors are free", () => descriptorCount(relay.pid) <= before);
});

Deno.test("20 MiB and then the target's end reach the client of a route", { ignore }, async () => {
  await using sandbox = await makeSandbox();
  const relay = await startRouted(sandbox, async (conn) => {
    await writeAll(conn, new Uint8Array(20 * MIB));
    await conn.closeWrite();
    await countBytes(conn);
  });
  for (let round = 0; round < 3; round++) {
    using conn = await connect(relay);
    assertEquals(await countBytes(conn), 20 * MIB);
    await conn.closeWrite();
  }
});

Deno.test("clients of a route that disconnect during an upload leave nothing behind", {
  ignore,
}, async () => {
  await using sandbox = await makeSandbox();
  const relay = await startRouted(sandbox, async (conn) => void await countBytes(conn));
  const before = descriptorCount(relay.pid);
  await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    const client = await connectRaw(relay);
    await writeAll(client.conn, new Uint8Array(MIB));
    const writing = writeAll(client.conn, new Uint8Array(MIB)).catch(() => {});
    if (index % 2 === 0) client.reset();
    else client.truncate();
    await writing;
    closeQuietly(client.conn);
  }));
  await eventually("all descriptors are free", () => descriptorCount(relay.pid) <= before);
});

Deno.test("a target of a route that does not read slows down its client", { ignore }, async () => {
  await using sandbox = await makeSandbox();
  const stop = Promise.withResolvers<void>();
  const relay = await startRouted(sandbox, () => stop.promise);
  using conn = await connect(relay);
  let sent = 0;
  const block = new Uint8Array(64 * 1024);
  const writing = (async () => {
    for (; sent < 64 * MIB; sent += block.length) await writeAll(conn, block);
  })().catch(() => {});
  // Waits until the sender makes no progress, or has sent far too much.
  for (let last = -1; last !== sent && sent < 64 * MIB;) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert(sent < 32 * MIB, `${sent} bytes were taken that nobody reads`);
  relay.signal("SIGKILL");
  stop.resolve();
  await writing;
});
