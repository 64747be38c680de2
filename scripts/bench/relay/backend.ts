/**
 * The target of every contestant: a server that does what the first byte of a connection requests,
 * on a Unix socket and, for `relay connect`, over TLS.
 * `deno run -A backend.ts SOCKET PORT CERT KEY`
 */
import { nextDescriptor, raiseFileLimit, sendAtOnce } from "../../../src/platform/ffi/libc.ts";
import { ANSWER_BYTES, BULK_BYTES, REQUEST_BYTES } from "./workload.ts";

raiseFileLimit();
const block = new Uint8Array(256 * 1024);
const answer = new Uint8Array(ANSWER_BYTES).fill(120);

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function serve(conn: Deno.Conn): Promise<void> {
  const small = new Uint8Array(2048);
  const first = await conn.read(small.subarray(0, 1));
  if (first === null) return;
  switch (String.fromCharCode(small[0]!)) {
    case "D":
      for (let sent = 0; sent < BULK_BYTES; sent += block.length) await writeAll(conn, block);
      return await conn.closeWrite();
    case "U": {
      const into = new Uint8Array(256 * 1024);
      for (let got = 0; got < BULK_BYTES;) got += await conn.read(into) ?? Infinity;
      return await writeAll(conn, answer.subarray(0, 1));
    }
    case "R":
      for (let got = 0;;) {
        const count = await conn.read(small);
        if (count === null) return;
        for (got += count; got >= REQUEST_BYTES; got -= REQUEST_BYTES) await writeAll(conn, answer);
      }
    case "G":
      // An HTTP request, such as that of openssl's s_time: one answer, then the end.
      await conn.read(small);
      return await writeAll(conn, answer);
    case "E":
      for (let n; (n = await conn.read(small)) !== null;) {
        await writeAll(conn, small.subarray(0, n));
      }
  }
}

async function serveAll(listener: AsyncIterable<Deno.Conn>): Promise<void> {
  for await (const conn of listener) serve(conn).catch(() => {}).finally(() => conn.close());
}

const [path, port, cert, key] = Deno.args as [string, string, string, string];
const descriptor = nextDescriptor();
const tls = Deno.listenTls({
  hostname: "127.0.0.1",
  port: Number(port),
  cert: Deno.readTextFileSync(cert),
  key: Deno.readTextFileSync(key),
  ...{ tcpBacklog: 4096 },
});
sendAtOnce(descriptor);
await Promise.all([serveAll(Deno.listen({ transport: "unix", path })), serveAll(tls)]);
