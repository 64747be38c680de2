/**
 * The load generator: keeps one request in progress on each of several connections and checks every
 * answer. It does as little work as possible for each request (it overwrites digits in a prepared
 * request and compares the answer's bytes), so that the server is the bottleneck.
 */
import type { LoadOptions, LoadResult } from "./load.ts";
import { Samples } from "./samples.ts";

const DIGITS = 6;
const ZERO = 48;
/** Latencies of at most this many requests are kept, which bounds memory. */
const MAX_LATENCIES = 2_000_000;

const encoder = new TextEncoder();

/** Bytes with places for a number's digits. */
class Template {
  readonly bytes: Uint8Array;
  readonly #places: number[] = [];

  constructor(pattern: string) {
    const parts = pattern.split("{i}");
    let length = 0;
    for (const part of parts.slice(0, -1)) {
      length += encoder.encode(part).length;
      this.#places.push(length);
      length += DIGITS;
    }
    this.bytes = encoder.encode(parts.join("0".repeat(DIGITS)));
  }

  set(number: number): void {
    for (let digit = DIGITS - 1; digit >= 0; digit--) {
      const value = ZERO + number % 10;
      for (const place of this.#places) this.bytes[place + digit] = value;
      number = Math.floor(number / 10);
    }
  }
}

function requestPattern({ method, target, body }: LoadOptions): string {
  const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const length = new Template(body).bytes.length;
  return `${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** Gives each request its number, and reports when there are no more. */
class Numbers {
  readonly #options: LoadOptions;
  readonly #until: number;
  readonly #step: number;
  #next: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#next = options.range[0];
    this.#step = options.step ?? 1;
    this.#until = performance.now() + (options.seconds ?? Infinity) * 1000;
  }

  take(now: number): number | undefined {
    const [first, end] = this.#options.range;
    if (this.#options.order === "random") {
      if (now >= this.#until) return undefined;
      return first + this.#step * Math.floor(Math.random() * (end - first) / this.#step);
    }
    if (this.#next >= end) return undefined;
    const number = this.#next;
    this.#next += this.#step;
    return number;
  }
}

class Connection {
  readonly #conn: Deno.UnixConn;
  readonly #request: Template;
  readonly #answer: Template;
  readonly #received = new Uint8Array(64 * 1024);
  /** The length of the last answer's head, which the next one most likely has, too. */
  #headLength = 0;

  constructor(conn: Deno.UnixConn, options: LoadOptions) {
    this.#conn = conn;
    this.#request = new Template(requestPattern(options));
    this.#answer = new Template(options.answer);
  }

  async exchange(number: number): Promise<void> {
    this.#request.set(number);
    this.#answer.set(number);
    const { bytes } = this.#request;
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(sent === 0 ? bytes : bytes.subarray(sent));
    }
    let length = 0;
    do {
      const count = await this.#conn.read(
        length === 0 ? this.#received : this.#received.subarray(length),
      );
      if (count === null) throw new Error("the server closed a connection");
      length += count;
    } while (!this.#isComplete(length));
    this.#check(length);
  }

  #isComplete(length: number): boolean {
    const { bytes } = this.#answer;
    if (this.#headLength > 0 && length === this.#headLength + bytes.length) return true;
    const head = new TextDecoder().decode(this.#received.subarray(0, length));
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.#headLength = end + 4;
    const declared = /^content-length: *(\d+)\r?$/im.exec(head.slice(0, end));
    return length >= this.#headLength + Number(declared?.[1] ?? 0);
  }

  #check(length: number): void {
    const { bytes } = this.#answer;
    const received = this.#received;
    // "HTTP/1.1 200"
    let good = received[9] === ZERO + 2 && received[10] === ZERO && received[11] === ZERO &&
      length === this.#headLength + bytes.length;
    for (let i = 0; good && i < bytes.length; i++) {
      good = received[this.#headLength + i] === bytes[i];
    }
    if (good) return;
    const text = new TextDecoder();
    throw new Error(
      `expected ${text.decode(bytes)} but was answered ${
        text.decode(received.subarray(0, length))
      }`,
    );
  }

  close(): void {
    this.#conn.close();
  }
}

async function generate(options: LoadOptions): Promise<LoadResult> {
  const connections: Connection[] = [];
  for (let i = 0; i < options.connections; i++) {
    const conn = await Deno.connect({ transport: "unix", path: options.socket });
    connections.push(new Connection(conn, options));
  }
  const latencies: number[] = [];
  let requests = 0;
  const started = performance.now();
  const numbers = new Numbers(options);
  await Promise.all(connections.map(async (connection) => {
    let before = performance.now();
    for (;;) {
      const number = numbers.take(before);
      if (number === undefined) break;
      await connection.exchange(number);
      const after = performance.now();
      if (requests++ < MAX_LATENCIES) latencies.push(after - before);
      before = after;
    }
  }));
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  const samples = new Samples(latencies);
  return {
    requests,
    seconds,
    rate: requests / seconds,
    p50: samples.median,
    p95: samples.quantile(0.95),
    p99: samples.quantile(0.99),
  };
}

console.log(JSON.stringify(await generate(JSON.parse(Deno.args[0]!))));
