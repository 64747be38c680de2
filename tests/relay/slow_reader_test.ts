import { assert, assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { connect, serveUnix, startRelay, writeAll } from "./support.ts";

const BYTES = 100 * 1024 * 1024;
/** A generous upper bound for the bytes in the relay's buffers. */
const BUFFERED = 24 * 1024 * 1024;

/** A generous upper bound for these and the kernel's buffers, which grow up to `tcp_rmem` and `tcp_wmem`. */
const IN_FLIGHT = BUFFERED + largestBuffers();

function largestBuffers(): number {
  const largest = (name: string) =>
    Number(Deno.readTextFileSync(`/proc/sys/net/ipv4/${name}`).trim().split(/\s+/)[2]);
  return largest("tcp_rmem") + largest("tcp_wmem");
}

const residentBytes = (pid: number) =>
  Number(/VmRSS:\s+([0-9]+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]) * 1024;

Deno.test("a slow reader slows down its sender, and the relay's memory does not grow", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  let sent = 0;
  serveUnix(sandbox, socket, async (conn) => {
    const block = new Uint8Array(64 * 1024);
    for (; sent < BYTES; sent += block.length) await writeAll(conn, block);
    await conn.closeWrite();
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  const before = residentBytes(relay.pid);
  const buffer = new Uint8Array(256 * 1024);
  let received = 0;
  let most = 0;
  let sinceLook = 0;
  for (let n; (n = await conn.read(buffer)) !== null;) {
    received += n;
    sinceLook += n;
    if (sinceLook < 4 * 1024 * 1024) continue;
    sinceLook = 0;
    // Long enough for a sender without back-pressure to run far ahead.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(sent - received < IN_FLIGHT, `${sent - received} bytes in flight`);
    most = Math.max(most, residentBytes(relay.pid) - before);
  }
  assertEquals(received, BYTES);
  assert(most < BUFFERED, `grew by ${most} bytes`);
});
