import { makeSandbox, type Program, tally, until } from "../support/mod.ts";
import {
  connectRaw,
  descriptorCount,
  type RawClient,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

/** Writes until the peer accepts no more bytes, and then resets the connection. */
async function resetWhenStuck({ conn, reset }: RawClient): Promise<void> {
  const block = new Uint8Array(64 * 1024);
  let sent = 0;
  const writing = (async () => {
    for (;; sent += block.length) await writeAll(conn, block);
  })().catch(() => {});
  for (let last = -1; last !== sent;) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  reset();
  await writing;
}

/** Tests clients that reset during an upload to a target that reads nothing and stays connected. */
export async function testResets(
  program: Program,
  to: (socket: string) => string[],
  onConnection: (conn: Deno.Conn) => Promise<void> | void = () => {},
  withinMs?: number,
): Promise<void> {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const stop = Promise.withResolvers<void>();
  serveUnix(sandbox, socket, async (conn) => {
    await onConnection(conn);
    await stop.promise;
  });
  sandbox.defer(() => stop.resolve());
  const relay = await startRelay(sandbox, to(socket), { program });
  const before = descriptorCount(relay.pid);
  const clients = await Promise.all(Array.from({ length: 10 }, () => connectRaw(relay)));
  await Promise.all(clients.map(resetWhenStuck));
  try {
    await until("all descriptors are free", () => descriptorCount(relay.pid) <= before, withinMs);
  } finally {
    const descriptors = Math.max(0, descriptorCount(relay.pid) - before);
    tally({ "connections reset": clients.length, "descriptors left": descriptors });
  }
}
