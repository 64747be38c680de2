/** An idle relay sleeps: it wakes up less than once a second. */
import { assert } from "@std/assert";
import { makeSandbox, wakeUps } from "../support/mod.ts";
import { assertEchoes, connect, startEchoRelay } from "./support.ts";
import { exchange, startGuarded } from "./http_support.ts";

const SECONDS = 12;
const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "an idle relay wakes up at most once a second",
  ignore,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const relay = await startEchoRelay(sandbox);
    const conn = await connect(relay);
    await assertEchoes(conn);
    conn.close();
    const count = await wakeUps(relay.pid, SECONDS);
    assert(count <= SECONDS, `it woke up ${count} times in ${SECONDS} s`);
  },
});

Deno.test({
  name: "an idle relay that has refused a client wakes up at most once a second",
  ignore,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const { relay } = await startGuarded(sandbox);
    for (let i = 0; i < 2; i++) await exchange(relay, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The second refusal is logged five seconds after the first.
    await relay.says(/refused a connection since/);
    const count = await wakeUps(relay.pid, SECONDS);
    assert(count <= SECONDS, `it woke up ${count} times in ${SECONDS} s`);
  },
});
