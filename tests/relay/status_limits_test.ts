import { assert, assertEquals, assertMatch } from "@std/assert";
import { emptyActivity } from "../../src/relay/log/activity.ts";
import { emptyStats } from "../../src/relay/status/stats.ts";
import { StatusServer } from "../../src/relay/status/mod.ts";
import { makeSandbox, type Sandbox, seeded } from "../support/mod.ts";
import { encode, eventually, readAll, writeAll } from "./support.ts";

async function startStatus(sandbox: Sandbox) {
  const path = sandbox.path("status.sock");
  const server = await StatusServer.listen({ path }, {
    healthy: () => Promise.resolve(true),
    stats: () => Promise.resolve(emptyStats()),
    activity: () => Promise.resolve(emptyActivity()),
    windows: () => Promise.resolve(undefined),
    info: () => Promise.resolve({ version: "1.0.0", address: "x", workers: 1, startedAt: 0 }),
  });
  sandbox.defer(() => server.close());
  return () => Deno.connect({ transport: "unix", path });
}

const request = (method: string) => encode(`${method} /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);

Deno.test("the status server accepts only GET and HEAD", async () => {
  await using sandbox = await makeSandbox();
  const connect = await startStatus(sandbox);
  for (const [method, status] of [["GET", 200], ["POST", 405], ["DELETE", 405]] as const) {
    using conn = await connect();
    await writeAll(conn, request(method));
    const answer = await readAll(conn);
    assertMatch(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assertEquals(/^Allow: GET, HEAD\r$/m.test(answer), status === 405);
  }
  using conn = await connect();
  await writeAll(conn, encode("nonsense\r\n\r\n"));
  assertMatch(await readAll(conn), /^HTTP\/1\.1 400 /);
});

Deno.test("the status server answers arbitrary bytes with an error and keeps running", async () => {
  await using sandbox = await makeSandbox();
  const connect = await startStatus(sandbox);
  const random = seeded(7);
  const pieces = [
    "GET ",
    "HEAD ",
    "/",
    "/metrics",
    "?",
    " HTTP/1.1",
    "\r\n",
    "Host: ",
    "\0",
    "\xff",
  ];
  for (let i = 0; i < 300; i++) {
    const length = 1 + Math.floor(random() * 10);
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(
      "",
    );
    using conn = await connect();
    await writeAll(conn, encode(`${text}\r\n\r\n`)).catch(() => {});
    assertMatch(await readAll(conn).catch(() => ""), /^$|^HTTP\/1\.1 [2-5][0-9]{2} /, text);
  }
  using conn = await connect();
  await writeAll(conn, request("GET"));
  assertMatch(await readAll(conn), /^HTTP\/1\.1 200 /);
});

Deno.test("16 silent status clients block the next one until one of them reaches its time limit", async () => {
  await using sandbox = await makeSandbox();
  const connect = await startStatus(sandbox);
  const { setTimeout: real } = globalThis;
  const limits: (() => void)[] = [];
  globalThis.setTimeout = ((action: () => void, ms: number) => {
    if (ms === 5_000) limits.push(action);
    return real(ms === 5_000 ? () => {} : action, ms);
  }) as unknown as typeof setTimeout;
  try {
    const silent: Deno.UnixConn[] = [];
    sandbox.defer(() => silent.forEach((conn) => conn.close()));
    for (let i = 0; i < 16; i++) silent.push(await connect());
    using conn = await connect();
    await writeAll(conn, request("GET"));
    const answer = readAll(conn);
    await eventually("each has its limit", () => limits.length === 16);
    // An admitted 17th client would show within these turns.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => real(resolve, 1));
    assertEquals(limits.length, 16);
    limits[0]!();
    assertEquals(await silent[0]!.read(new Uint8Array(1)), null);
    assert((await answer).startsWith("HTTP/1.1 200 "));
  } finally {
    globalThis.setTimeout = real;
  }
});
