/**
 * A relay with nothing but the runtime's own calls: the bound of what a relay in this runtime can
 * reach. Each direction is a loop of reads and writes with one buffer of BYTES. It has no checks,
 * counts, time limits or log, and treats a failed connection like an ended one.
 *
 *     minimal-relay BYTES forward PORT SOCKET CERT KEY WORKERS     TLS to a Unix socket
 *     minimal-relay BYTES reverse SOCKET PORT CA                   a Unix socket to TLS
 */
import { nextDescriptor, raiseFileLimit, sendAtOnce } from "../../../src/platform/ffi/libc.ts";
import { sharePort } from "../../../src/platform/ffi/listeners.ts";

const BACKLOG = 4096;

type Five = [string, string, string, string, string];

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(bufferBytes);
  for (let count; (count = await from.read(buffer)) !== null;) {
    for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
  }
  await to.closeWrite();
}

async function join(client: Deno.Conn, connecting: Promise<Deno.Conn>): Promise<void> {
  let target: Deno.Conn | undefined;
  try {
    target = await connecting;
    await Promise.all([copy(client, target), copy(target, client)]);
  } catch {
    // The peer has left, or there is no target.
  }
  client.close();
  target?.close();
}

async function forward(port: number, path: string, cert: string, key: string): Promise<void> {
  const descriptor = nextDescriptor();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(cert),
    key: Deno.readTextFileSync(key),
  });
  if (!sharePort(descriptor, port, BACKLOG)) throw new Error(`port ${port} is in use`);
  // Otherwise answers wait 40 ms for the acknowledgement of the session tickets.
  sendAtOnce(descriptor);
  for await (const client of listener) join(client, Deno.connect({ transport: "unix", path }));
}

/** Several processes that share the port, like the workers of a relay. */
async function spawnWorkers(args: string[], count: number): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args, "1"] });
  const workers = Array.from({ length: count }, () => command.spawn());
  Deno.addSignalListener("SIGTERM", () => {
    for (const worker of workers) worker.kill("SIGTERM");
  });
  await Promise.all(workers.map((worker) => worker.status));
  Deno.exit(0);
}

async function reverse(path: string, port: number, ca: string): Promise<void> {
  // The given certificate is the only trust anchor.
  Deno.env.set("DENO_TLS_CA_STORE", "");
  const caCerts = [Deno.readTextFileSync(ca)];
  const connect = async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    return await Deno.startTls(conn, { hostname: "localhost", caCerts });
  };
  for await (const client of Deno.listen({ transport: "unix", path })) join(client, connect());
}

raiseFileLimit();
const [bytes, direction, ...args] = Deno.args as [string, string, ...Five];
const bufferBytes = Number(bytes);
if (direction === "reverse") {
  const [path, port, ca] = args;
  await reverse(path, Number(port), ca);
} else {
  const [port, path, cert, key, workers] = args;
  if (workers !== "1") await spawnWorkers(Deno.args.slice(0, -1), Number(workers));
  else await forward(Number(port), path, cert, key);
}
