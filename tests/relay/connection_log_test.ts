import { assert, assertEquals, assertMatch } from "@std/assert";
import { RefusalLog } from "../../src/relay/log/refusal_log.ts";
import { makeSandbox } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  connectRaw,
  encode,
  readAll,
  type RunningRelay,
  startEchoRelay,
  startRelay,
  writeAll,
} from "./support.ts";
import { exchange, request, startGuarded } from "./http_support.ts";

/** The fields of each connection's log line; a connection line without fields fails the test. */
function connections(relay: RunningRelay): Record<string, string>[] {
  return relay.stderr().split("\n").filter((line) => line.includes(" connection client="))
    .map((line) => {
      assertMatch(line, /^sessionctl: [0-9-]+T[0-9:]+\.[0-9]{3}Z connection /);
      const fields = [...line.matchAll(/ ([a-z-]+)=("(?:[^"\\]|\\.)*"|\S+)/g)];
      return Object.fromEntries(fields.map(([, name, value]) => [name!, value!]));
    });
}

for (const option of [["--log", "connections"], ["--verbose"]]) {
  Deno.test(`with ${option.join(" ")} the log has one line for each connection that ended`, async () => {
    await using sandbox = await makeSandbox();
    const relay = await startEchoRelay(sandbox, [...option, "--preface", "uuid"]);
    const conn = await connect(relay);
    await writeAll(conn, encode("hello"));
    await conn.closeWrite();
    const [id, client] = [(await readAll(conn)).slice(0, 36), conn.localAddr];
    conn.close();
    await relay.says(/ connection client=.*\n/);
    const [line, ...more] = connections(relay);
    assertEquals(more, []);
    const { seconds, ...rest } = line!;
    assert(Number(seconds) > 0 && Number(seconds) < 60, seconds);
    assertEquals(rest, {
      client: `${client.hostname}:${client.port}`,
      ending: "closed",
      target: sandbox.path("target.sock"),
      id,
      up: "5",
      down: "41",
    });
  });
}

Deno.test("the log has no line for a connection unless it is asked for", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox);
  const conn = await connect(relay);
  await assertEchoes(conn);
  conn.close();
  relay.signal("SIGTERM");
  await relay.ended;
  assertEquals(connections(relay), []);
});

for (const workers of ["1", "2"]) {
  Deno.test(`the log has the connections that the shutdown aborted, with --workers ${workers}`, async () => {
    await using sandbox = await makeSandbox();
    const args = ["--log", "connections", "--shutdown-timeout", "200ms", "--workers", workers];
    const relay = await startEchoRelay(sandbox, args);
    const open = await Promise.all([1, 2, 3].map(() => connect(relay)));
    for (const conn of open) await assertEchoes(conn);
    relay.signal("SIGTERM");
    await relay.ended;
    assertEquals(connections(relay).map(({ ending }) => ending), Array(3).fill("shutdown"));
    for (const conn of open) conn.close();
  });
}

Deno.test("the log says which side aborted a connection, and that it was idle", async () => {
  await using sandbox = await makeSandbox();
  const patient = await startEchoRelay(sandbox, ["--log", "connections"]);
  const reset = await connectRaw(patient);
  await assertEchoes(reset.conn);
  reset.reset();
  await patient.says(/ending=aborted-by-client reason=/);
  const args = ["--log", "connections", "--idle-timeout", "300ms"];
  const relay = await startRelay(sandbox, ["--to", sandbox.path("target.sock"), ...args]);
  const idle = await connect(relay);
  await idle.read(new Uint8Array(1)).catch(() => {});
  idle.close();
  await relay.says(/ending=idle-timeout/);
});

Deno.test("the log names the client and the reason of each connection that was refused", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox, ["--log", "connections"]);
  await exchange(relay, request("GET /", ""));
  await exchange(relay, request("GET /", "Authorization: Bearer wrong\r\n"));
  await exchange(relay, request("GET /", "Cookie: __Host-sessionctl-0=0\r\n"));
  await relay.says(/(ending=client-not-allowed[^]*){3}/);
  const lines = connections(relay);
  assertEquals(lines.map(({ ending, reason }) => [ending, reason]), [
    ["client-not-allowed", '"401, a token is needed"'],
    ["client-not-allowed", '"401, this token is not valid"'],
    ["client-not-allowed", '"401, this cookie is of another token"'],
  ]);
  assertEquals(new Set(lines.map(({ client }) => client)).size, 3);
});

Deno.test("the log says that a later request of a connection was refused", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox, ["--log", "connections"]);
  await exchange(relay, request("GET /") + request("GET /", ""));
  await relay.says(/ending=client-not-allowed reason="401, a token is needed" target=\S+ up=[1-9]/);
});

Deno.test("each worker logs its connections", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--log", "connections", "--workers", "2"]);
  for (let i = 0; i < 4; i++) {
    const conn = await connect(relay);
    await assertEchoes(conn);
    conn.close();
  }
  await relay.says(/(ending=[^]*){4}/);
});

Deno.test("a refused connection of a Unix client is logged without an address", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("run", "near.in");
  const relay = await startRelay(sandbox, [
    ...["connect", "--listen", path, "--to", "127.0.0.1:1", "--log", "connections"],
  ]);
  using conn = await Deno.connect({ transport: "unix", path });
  await conn.read(new Uint8Array(1)).catch(() => {});
  await relay.says(/connection client=unix ending=connect-failed reason="cannot connect to /);
});

const refusal = (client: string, reason: string) => ({
  ...{ at: Date.now(), bytesUp: 0, bytesDown: 0, durationMs: 1 },
  ...{ client, reason, ending: "client-not-allowed" as const },
});

Deno.test("gathered refusals name each client and each reason with their counts", () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line.replaceAll(/\S+Z/g, "T")));
  for (let i = 0; i < 3; i++) {
    log.add(refusal(`10.0.0.1:${i}`, "no token"));
    log.add(refusal(`10.0.0.2:${i}`, "no token"));
    log.add(refusal(`10.0.0.2:${i}`, "no route"));
  }
  log.flush(true);
  assertEquals(lines, [
    "T refused a connection from 10.0.0.1:0: no token",
    "T refused a connection from 10.0.0.2:0: no token",
    "T refused a connection from 10.0.0.2:0: no route",
    "T refused 2 connections since T from 10.0.0.1: no token",
    "T refused 2 connections since T from 10.0.0.2: no token",
    "T refused 2 connections since T from 10.0.0.2: no route",
  ]);
});

Deno.test("refusals of any number of clients take a bounded number of log lines, which count all of them", () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line));
  for (let i = 0; i < 10_000; i++) log.add(refusal(`10.0.${i >> 8}.${i & 255}:1`, "no token"));
  assertEquals(lines.length, 20);
  log.flush(true);
  assertEquals(lines.length, 257);
  assertMatch(lines.at(-1)!, /refused 9744 connections since \S+ from other clients/);
});

Deno.test("a client that is refused for many different reasons does not hide other clients", () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line));
  for (let i = 0; i < 1000; i++) log.add(refusal("10.0.0.1:1", `no route for "${i}"`));
  log.add(refusal("10.0.0.2:1", "no token"));
  assertMatch(lines.at(-1)!, /refused a connection from 10\.0\.0\.2:1: no token/);
  log.flush(true);
  assertMatch(lines.at(-1)!, /refused 991 connections since \S+ from 10\.0\.0\.1: further reasons/);
});

Deno.test("a reason that a client chose is cut to a bounded length", () => {
  const lines: string[] = [];
  const log = new RefusalLog((line) => lines.push(line));
  log.add(refusal("10.0.0.1:1", "x".repeat(100_000)));
  assert(lines[0]!.length < 500);
});
