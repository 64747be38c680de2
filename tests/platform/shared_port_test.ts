import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import net from "node:net";
import { sharePort, steerByClient } from "../../src/platform/ffi/listeners.ts";
import { descriptorOf, freePort, until } from "../support/mod.ts";

const ignore = Deno.build.os !== "linux";
const BACKLOG = 16;

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
if (!ignore) listenShared("127.0.0.1", freePort("127.0.0.1"))!.close();

/**
 * A listener on `hostname` and `port`, which others may share; undefined if that fails.
 *
 * @param among Number of listeners among which the clients are distributed by their address.
 */
function listenShared(hostname: string, port: number, among = 1): Deno.TcpListener | undefined {
  const listener = Deno.listen({ hostname, port: 0 });
  const descriptor = descriptorOf(listener)!;
  if (sharePort(descriptor, port, BACKLOG)) {
    if (among > 1) assert(steerByClient(descriptor, among));
    return listener;
  }
  listener.close();
  return undefined;
}

/** Accepts all connections and sends each the number of its listener. */
async function answerWith(index: number, listener: Deno.TcpListener): Promise<void> {
  for await (const conn of listener) {
    await conn.write(new Uint8Array([index]));
    conn.close();
  }
}

/** The number of the listener that a connection from this address reaches. */
async function reached(hostname: string, port: number, localAddress?: string): Promise<number> {
  const socket = net.connect({ host: hostname, port, localAddress });
  const [bytes] = await once(socket, "data") as [Uint8Array];
  socket.destroy();
  return bytes[0]!;
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: `listeners on ${hostname} that share a port all get connections`,
    ignore,
    async fn() {
      const port = freePort(hostname);
      const counts = [0, 0];
      const listeners = counts.map(() => listenShared(hostname, port)!);
      const accepting = listeners.map(async (listener, index) => {
        for await (const conn of listener) {
          counts[index]!++;
          await conn.write(new Uint8Array([index]));
          conn.close();
        }
      });
      const total = () => counts[0]! + counts[1]!;
      // The kernel chooses by a hash of the addresses: 200 equal choices have a probability of 2 **
      // -199.
      while (total() < 200 && counts.includes(0)) {
        using conn = await Deno.connect({ hostname, port });
        assertEquals(await conn.read(new Uint8Array(1)), 1);
      }
      assert(!counts.includes(0), `${counts}`);
      for (const listener of listeners) listener.close();
      await Promise.all(accepting);
    },
  });
}

Deno.test({
  name: "a port that another program holds alone cannot be shared",
  ignore,
  fn() {
    using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    assertEquals(listenShared("127.0.0.1", holder.addr.port), undefined);
  },
});

Deno.test({
  name: "a shared port is free again once its listeners are closed",
  ignore,
  async fn() {
    const hostname = "127.0.0.1";
    const port = freePort(hostname);
    listenShared(hostname, port)!.close();
    // A process that another test starts at this moment has a copy until it executes its program.
    await until("the port is free", () => {
      try {
        Deno.listen({ hostname, port }).close();
        return true;
      } catch {
        return false;
      }
    });
  },
});

Deno.test({
  name: "listeners that share clients by their address get all connections of a client",
  ignore,
  async fn() {
    const hostname = "127.0.0.1";
    const port = freePort(hostname);
    const listeners = [0, 1, 2].map(() => listenShared(hostname, port, 3)!);
    const accepting = listeners.map((listener, index) => answerWith(index, listener));
    const used = new Set<number>();
    for (let last = 1; last <= 20; last++) {
      const client = `127.0.0.${last}`;
      const first = await reached(hostname, port, client);
      used.add(first);
      for (let i = 0; i < 5; i++) assertEquals(await reached(hostname, port, client), first);
    }
    assertEquals(used.size, 3);
    for (const listener of listeners) listener.close();
    await Promise.all(accepting);
  },
});

Deno.test({
  name: "an IPv6 client always reaches the same listener, and another one when that is closed",
  ignore,
  async fn() {
    const hostname = "::1";
    const port = freePort(hostname);
    const listeners = [0, 1].map(() => listenShared(hostname, port, 2)!);
    const accepting = listeners.map((listener, index) => answerWith(index, listener));
    const first = await reached(hostname, port);
    for (let i = 0; i < 20; i++) assertEquals(await reached(hostname, port), first);
    listeners[first]!.close();
    await accepting[first];
    for (let i = 0; i < 20; i++) assertEquals(await reached(hostname, port), 1 - first);
    listeners[1 - first]!.close();
    await accepting[1 - first];
  },
});
