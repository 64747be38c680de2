/**
 * A server that answers every read with the same bytes without parsing: the load generator's result
 * against it is the generator's own ceiling.
 *
 *   deno run -A ceiling_server.ts SOCKET BODY
 */
const [path, body] = Deno.args as [string, string];
const answer = new TextEncoder().encode(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

async function serve(conn: Deno.UnixConn): Promise<void> {
  const received = new Uint8Array(16 * 1024);
  while (await conn.read(received) !== null) {
    for (let sent = 0; sent < answer.length;) sent += await conn.write(answer.subarray(sent));
  }
}

Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
for await (const conn of Deno.listen({ transport: "unix", path })) {
  serve(conn).catch(() => {}).finally(() => conn.close());
}
