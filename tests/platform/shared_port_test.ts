import { assert, assertEquals } from "@std/assert";
import { sharePort } from "../../src/platform/ffi/listeners.ts";
import { descriptorOf, freePort, until } from "../support/mod.ts";

const ignore = Deno.build.os !== "linux";
const BACKLOG = 16;

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
if (!ignore) listenShared("127.0.0.1", freePort("127.0.0.1"))!.close();

/** A listener on `hostname` and `port`, which others may share; undefined if that fails. */
function listenShared(hostname: string, port: number): Deno.TcpListener | undefined {
  const listener = Deno.listen({ hostname, port: 0 });
  if (sharePort(descriptorOf(listener)!, port, BACKLOG)) return listener;
  listener.close();
  return undefined;
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
