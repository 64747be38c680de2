/**
 * The load generator, a separate process: `deno run -A load.ts WORK`, where WORK is JSON. Prints
 * the values as JSON; with kind `idle`, it prints once all connections are open, and keeps them.
 */
import { raiseFileLimit } from "../../../src/platform/ffi/libc.ts";
import {
  ANSWER_BYTES,
  BULK_BYTES,
  IDLE,
  KEPT_ALIVE,
  REQUEST_BYTES,
  type Work,
} from "./workload.ts";

raiseFileLimit();
const work = JSON.parse(Deno.args[0]!) as Work;
const block = new Uint8Array(256 * 1024);

async function connect(): Promise<Deno.Conn> {
  if (work.path !== undefined) return await Deno.connect({ transport: "unix", path: work.path });
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port: work.port! });
  tcp.setNoDelay(true);
  const conn = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [work.cert!] });
  await conn.handshake();
  return conn;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readExactly(conn: Deno.Conn, into: Uint8Array): Promise<void> {
  for (let at = 0; at < into.length;) {
    const count = await conn.read(into.subarray(at));
    if (count === null) throw new Error("ended early");
    at += count;
  }
}

const command = (letter: string, length = 1) => {
  const bytes = new Uint8Array(length);
  bytes[0] = letter.charCodeAt(0);
  return bytes;
};

/** Megabytes per second. */
async function bulk(letter: "D" | "U"): Promise<number> {
  const conn = await connect();
  const started = performance.now();
  await writeAll(conn, command(letter));
  let moved = 0;
  if (letter === "D") {
    for (let n; (n = await conn.read(block)) !== null;) moved += n;
  } else {
    for (; moved < BULK_BYTES; moved += block.length) await writeAll(conn, block);
    await readExactly(conn, new Uint8Array(1));
  }
  const seconds = (performance.now() - started) / 1000;
  if (moved !== BULK_BYTES) throw new Error(`moved ${moved} bytes`);
  conn.close();
  return moved / 1e6 / seconds;
}

/** Repeats `action` on many connections for a while; returns the rate per second. */
async function rate(action: () => Promise<() => Promise<void>>): Promise<number> {
  let done = 0;
  const runners = await Promise.all(Array.from({ length: KEPT_ALIVE }, action));
  const started = performance.now();
  const until = started + work.seconds * 1000;
  await Promise.all(runners.map(async (run) => {
    for (; performance.now() < until; done++) await run();
  }));
  return done / (performance.now() - started) * 1000;
}

const requests = () =>
  rate(async () => {
    const conn = await connect();
    await writeAll(conn, command("R"));
    const request = new Uint8Array(REQUEST_BYTES);
    const answer = new Uint8Array(ANSWER_BYTES);
    return async () => {
      await writeAll(conn, request);
      await readExactly(conn, answer);
    };
  });

/** Each connection carries one echo, which proves that it reaches the target. */
const connections = () =>
  rate(() =>
    Promise.resolve(async () => {
      const conn = await connect();
      await writeAll(conn, command("E", 2));
      await readExactly(conn, new Uint8Array(1));
      conn.close();
    })
  );

/** Microseconds of each echo of 1 kB. */
async function latency(): Promise<number[]> {
  const conn = await connect();
  await writeAll(conn, command("E"));
  const message = new Uint8Array(1024);
  const times: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const started = performance.now();
    await writeAll(conn, message);
    await readExactly(conn, message);
    if (i >= 500) times.push((performance.now() - started) * 1000);
  }
  conn.close();
  return times;
}

async function idle(): Promise<number[]> {
  const open: Deno.Conn[] = [];
  let left = IDLE;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (left-- > 0) {
      const conn = await connect();
      await writeAll(conn, command("E", 2));
      await readExactly(conn, new Uint8Array(1));
      open.push(conn);
    }
  }));
  return [open.length];
}

async function run(): Promise<number[]> {
  switch (work.kind) {
    case "download":
      return [await bulk("D")];
    case "upload":
      return [await bulk("U")];
    case "requests":
      return [await requests()];
    case "connections":
      return [await connections()];
    case "latency":
      return await latency();
    case "idle":
      return await idle();
  }
}

console.log(JSON.stringify(await run()));
if (work.kind === "idle") await Deno.stdin.read(new Uint8Array(1));
Deno.exit(0);
