import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { acceptPrefaced } from "../../src/relay/mod.ts";
import { makeSandbox } from "../support/mod.ts";
import { connect, encode, readAll, readText, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test("each connection arrives with its own id, followed by its bytes", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const listener = Deno.listen({ transport: "unix", path: socket });
  const relay = await startRelay(sandbox, ["--to", socket, "--preface", "uuid"]);
  const ids: string[] = [];
  const accepted = acceptPrefaced(listener);
  for (let i = 0; i < 2; i++) {
    const conn = await connect(relay);
    await writeAll(conn, encode("hello"));
    const { value } = await accepted.next();
    assert(value);
    assertEquals(await readText(value.conn, 5), "hello");
    ids.push(value.id);
    conn.close();
    value.conn.close();
  }
  assertMatch(ids[0]!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assertNotEquals(ids[0], ids[1]);
  listener.close();
  assertEquals((await accepted.next()).done, true);
});

Deno.test("a connection without a valid id in time is closed and does not delay others", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("target.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const rejected: string[] = [];
  const accepted = acceptPrefaced(listener, {
    limitMs: 300,
    onRejected: (error) => rejected.push(error.code),
  });
  using silent = await Deno.connect({ transport: "unix", path });
  using wrong = await Deno.connect({ transport: "unix", path });
  await writeAll(wrong, encode("x".repeat(36)));
  using good = await Deno.connect({ transport: "unix", path });
  const id = crypto.randomUUID();
  await writeAll(good, encode(id));
  const { value } = await accepted.next();
  assertEquals(value?.id, id);
  assertEquals(await silent.read(new Uint8Array(1)), null);
  value?.conn.close();
  listener.close();
  await accepted.next();
  assertEquals(rejected, ["INVALID_MESSAGE", "TIMED_OUT"]);
});

Deno.test("the PROXY header comes first, then the id, then the client's bytes", async () => {
  for (const version of ["v1", "v2"]) {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    const heard = Promise.withResolvers<string>();
    serveUnix(sandbox, socket, async (conn) => heard.resolve(await readAll(conn)));
    const relay = await startRelay(sandbox, [
      ...["--to", socket, "--preface", "uuid", "--proxy-protocol", version],
    ]);
    using conn = await connect(relay);
    const { port } = conn.localAddr as Deno.NetAddr;
    await writeAll(conn, encode("hello"));
    await conn.closeWrite();
    const text = await heard.promise;
    if (version === "v1") {
      assert(text.startsWith(`PROXY TCP4 127.0.0.1 127.0.0.1 ${port} ${relay.port}\r\n`), text);
    } else {assert(
        text.startsWith("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01"),
        text,
      );}
    assertMatch(text, /[0-9a-f]{8}-[0-9a-f-]{27}hello$/);
  }
});

Deno.test("leaving the loop with break closes the listener but no accepted connection", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("target.sock");
  const rejected: string[] = [];
  const loop = async () => {
    const listener = Deno.listen({ transport: "unix", path });
    const options = { onRejected: (error: Error) => rejected.push(error.message) };
    for await (const { id, conn } of acceptPrefaced(listener, options)) {
      conn.close();
      return { id, listener };
    }
    throw new Error("the loop ended by itself");
  };
  const first = loop();
  // This client has not sent its id when the loop ends.
  using silent = await Deno.connect({ transport: "unix", path });
  using served = await Deno.connect({ transport: "unix", path });
  const id = crypto.randomUUID();
  await writeAll(served, encode(id));
  const { id: seen, listener } = await first;
  assertEquals(seen, id);
  assertEquals(await silent.read(new Uint8Array(1)), null);
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  await assertRejects(() => Deno.connect({ transport: "unix", path }));
  // The ended loop must not take connections from the next listener on this path.
  const second = loop();
  using again = await Deno.connect({ transport: "unix", path });
  const secondId = crypto.randomUUID();
  await writeAll(again, encode(secondId));
  assertEquals((await second).id, secondId);
  assertEquals(rejected, []);
});

Deno.test("a loop whose body throws closes its listener", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("target.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const loop = async () => {
    for await (const { conn } of acceptPrefaced(listener)) {
      conn.close();
      throw new Error("the body failed");
    }
  };
  const looping = loop();
  using conn = await Deno.connect({ transport: "unix", path });
  await writeAll(conn, encode(crypto.randomUUID()));
  await assertRejects(() => looping, Error, "the body failed");
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
});

Deno.test("1,024 connections may wait for their id, and the next one is closed", async () => {
  const closed = new Set<number>();
  let count = 0;
  const done = Promise.withResolvers<never>();
  const conn = (number: number) => {
    const { promise, reject } = Promise.withResolvers<never>();
    const close = () => {
      closed.add(number);
      reject(new Deno.errors.Interrupted("closed"));
    };
    promise.catch(() => {});
    return { read: () => promise, close };
  };
  const listener = {
    accept: () => count < 1025 ? Promise.resolve(conn(count++)) : done.promise,
  } as unknown as Deno.Listener;
  const accepted = acceptPrefaced(listener).next();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([...closed], [1024]);
  // When the listener closes, all pending connections are closed.
  done.reject(new Deno.errors.BadResource("closed"));
  assertEquals((await accepted).done, true);
  assertEquals(closed.size, 1025);
});
