import { assertEquals } from "@std/assert";
import { fileIdentity } from "../../src/platform/mod.ts";
import { compiled, type Program, type Sandbox } from "../support/mod.ts";
import { makeCertificate, type Pair, writePair } from "./certificates.ts";

export * from "./certificates.ts";
export * from "./raw_clients.ts";

/** Time limit for events that are fast on an idle machine. */
export const PATIENCE_MS = 20_000;

/** A running `sessionctl relay`. */
export interface RunningRelay {
  readonly pid: number;
  readonly port: number;
  readonly address: string;
  readonly fingerprint: string;
  /** The status address, as printed. */
  readonly status: string;
  /** Its server certificate in PEM, which is also the trust anchor. */
  readonly cert: string;
  /** Resolves when it has ended and all of its stderr has been read. */
  readonly ended: Promise<Deno.CommandStatus>;
  stderr(): string;
  /** Waits until stderr, from character `from` on, matches `pattern`. */
  says(pattern: RegExp, from?: number): Promise<void>;
  signal(signal: Deno.Signal): void;
}

export interface StartOptions {
  readonly program?: Program;
  readonly pair?: Pair;
  /** The soft limit of open descriptors that it starts with. */
  readonly softFileLimit?: number;
  readonly env?: Record<string, string>;
}

/** Starts a relay on an unused port with a certificate for localhost. */
export async function startRelay(
  sandbox: Sandbox,
  args: readonly string[],
  options: StartOptions = {},
): Promise<RunningRelay> {
  const pair = options.pair ?? await makeCertificate();
  const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const own = ["--self-signed", "--cert"].some((one) => args.includes(one)) || args[0] === "connect"
    ? []
    : await certificateOptions(sandbox, pair);
  return await startRaw(sandbox, [...listen, ...own, ...args], pair.cert, options);
}

/** Each relay gets its own files: writing to the first one's would reload its certificate. */
async function certificateOptions(sandbox: Sandbox, pair: Pair): Promise<string[]> {
  let name = "server";
  for (let more = 2; fileIdentity(sandbox.path(`${name}.pem`)); more++) name = `server-${more}`;
  const { cert, key } = await writePair(sandbox, pair, name);
  return ["--cert", cert, "--key", key];
}

/** Starts a relay with the additional arguments `args` and a target that echoes. */
export async function startEchoRelay(
  sandbox: Sandbox,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<RunningRelay> {
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, echo);
  return await startRelay(sandbox, ["--to", socket, ...args], options);
}

async function startRaw(
  sandbox: Sandbox,
  args: readonly string[],
  cert: string,
  { program = compiled, softFileLimit, env }: StartOptions,
): Promise<RunningRelay> {
  const all = [...program.args, "relay", ...args, "--json"];
  const limited = softFileLimit !== undefined;
  const child = new Deno.Command(limited ? "sh" : program.command, {
    args: limited
      ? ["-c", `ulimit -Sn ${softFileLimit}; exec "$0" "$@"`, program.command, ...all]
      : all,
    env: { ...sandbox.env, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let errors = "";
  let heard = () => {};
  const collecting = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      errors += text;
      heard();
    }
    heard();
  })();
  sandbox.defer(async () => {
    try {
      child.kill("SIGKILL");
    } catch { /* It has already ended. */ }
    await child.status;
    await collecting;
    await child.stdout.cancel().catch(() => {});
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) {
      await collecting;
      throw new Error(`the relay did not start: ${errors}`);
    }
    line += value;
  }
  reader.releaseLock();
  const { address, fingerprint, status } = JSON.parse(line);
  return {
    pid: child.pid,
    address,
    fingerprint,
    status,
    cert,
    port: Number(/:([0-9]+)$/.exec(address)?.[1]),
    ended: child.status.then(async (status) => {
      await collecting;
      return status;
    }),
    stderr: () => errors,
    async says(pattern, from = 0) {
      const until = Date.now() + PATIENCE_MS;
      while (!pattern.test(errors.slice(from))) {
        if (Date.now() > until) throw new Error(`never said ${pattern}: ${errors}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1000);
          heard = () => (clearTimeout(timer), resolve());
        });
      }
    },
    signal: (signal) => child.kill(signal),
  };
}

/** Connects to a relay as a TLS client. */
export async function connect(relay: RunningRelay): Promise<Deno.TlsConn> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  // Otherwise data sent after the handshake waits 40 ms for the acknowledgement.
  tcp.setNoDelay();
  const conn = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [relay.cert] });
  try {
    await conn.handshake();
  } catch (error) {
    closeQuietly(conn);
    throw error;
  }
  return conn;
}

/** A Unix server in the test's process; it ignores errors of `handler`. */
export function serveUnix(
  sandbox: Sandbox,
  path: string,
  handler: (conn: Deno.UnixConn) => Promise<void>,
): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  const open = new Set<Deno.UnixConn>();
  const loop = (async () => {
    for await (const conn of listener) {
      open.add(conn);
      handler(conn).catch(() => {}).finally(() => {
        open.delete(conn);
        closeQuietly(conn);
      });
    }
  })();
  sandbox.defer(async () => {
    closeQuietly(listener);
    for (const conn of open) closeQuietly(conn);
    await loop.catch(() => {});
  });
  return listener;
}

export function closeQuietly(thing: { close(): void }): void {
  try {
    thing.close();
  } catch { /* It was already closed. */ }
}

/** Echoes everything it receives, and ends when the peer ends. */
export async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) await writeAll(conn, buffer.subarray(0, n));
  await conn.closeWrite();
}

export async function writeAll(
  conn: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads to the end of the stream; returns the text. */
export async function readAll(conn: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let n; (n = await conn.read(buffer)) !== null;) {
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return text;
}

/** Reads exactly `length` bytes; returns them as text. */
export async function readText(conn: Deno.Conn, length: number): Promise<string> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const n = await conn.read(bytes.subarray(at));
    if (n === null) throw new Error(`ended after ${at} bytes`);
    at += n;
  }
  return new TextDecoder().decode(bytes);
}

/** Asserts that the peer echoes. */
export async function assertEchoes(conn: Deno.Conn): Promise<void> {
  await writeAll(conn, encode("hello"));
  assertEquals(await readText(conn, 5), "hello");
}

/** The number of descriptors that a process has open. */
export function descriptorCount(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].filter(({ name }) => {
    try {
      // Such as the watch of the certificate files, which starts a moment after the relay.
      return !Deno.readLinkSync(`/proc/${pid}/fd/${name}`).startsWith("anon_inode:");
    } catch {
      return false; // Closed in the meantime.
    }
  }).length;
}

/** Waits until `condition` holds. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether a program is on PATH. */
export function installed(name: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** The value of a relay metric in Prometheus' text format. */
export function metric(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`sessionctl_relay_${name} `));
  return Number(line?.split(" ")[1]);
}
