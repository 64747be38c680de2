/**
 * A client that resumes its TLS sessions, like a browser that returns: OpenSSL through its C library,
 * because the runtime's own client never resumes one.
 *
 *     deno run -A resuming_client.ts PORT SECONDS ADDRESS...
 *
 * It connects to 127.0.0.1:PORT by turns from its local addresses, each with a session of its own,
 * and requests one answer on each connection. Prints `{"made","resumed","seconds"}`; the full
 * handshakes at the start do not count.
 */
const AF_INET = 2;
const SOCK_STREAM = 1;

const ssl = Deno.dlopen("libssl.so.3", {
  TLS_client_method: { parameters: [], result: "pointer" },
  SSL_CTX_new: { parameters: ["pointer"], result: "pointer" },
  SSL_new: { parameters: ["pointer"], result: "pointer" },
  SSL_free: { parameters: ["pointer"], result: "void" },
  SSL_set_fd: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_set_session: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_get1_session: { parameters: ["pointer"], result: "pointer" },
  SSL_SESSION_free: { parameters: ["pointer"], result: "void" },
  SSL_session_reused: { parameters: ["pointer"], result: "i32" },
  SSL_connect: { parameters: ["pointer"], result: "i32" },
  SSL_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_shutdown: { parameters: ["pointer"], result: "i32" },
}).symbols;
const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
}).symbols;

const [port, seconds, ...addresses] = Deno.args as [string, string, ...string[]];
const context = ssl.SSL_CTX_new(ssl.TLS_client_method());
const request = new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n");
const answer = new Uint8Array(4096);
const server = socketAddress("127.0.0.1", Number(port));

/** Source: `struct sockaddr_in` of ip(7). */
function socketAddress(host: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(host.split(".").map(Number), 4);
  return bytes;
}

/** A client address and its last session. */
interface Client {
  readonly address: Uint8Array<ArrayBuffer>;
  session: Deno.PointerValue;
}

/** Makes one connection. @returns whether it resumed the client's session. */
function visit(client: Client): boolean {
  const descriptor = libc.socket(AF_INET, SOCK_STREAM, 0);
  const isConnected = libc.bind(descriptor, client.address, 16) === 0 &&
    libc.connect(descriptor, server, 16) === 0;
  if (!isConnected) throw new Error("cannot connect");
  const connection = ssl.SSL_new(context);
  ssl.SSL_set_fd(connection, descriptor);
  if (client.session) ssl.SSL_set_session(connection, client.session);
  if (ssl.SSL_connect(connection) !== 1) throw new Error("the handshake failed");
  ssl.SSL_write(connection, request, request.length);
  let received = 0;
  for (let count; (count = ssl.SSL_read(connection, answer, answer.length)) > 0;) received += count;
  if (received === 0) throw new Error("no answer");
  // With TLS 1.3 the session to resume arrives after the handshake.
  const session = ssl.SSL_get1_session(connection);
  if (client.session) ssl.SSL_SESSION_free(client.session);
  client.session = session;
  const isResumed = ssl.SSL_session_reused(connection) === 1;
  ssl.SSL_shutdown(connection);
  ssl.SSL_free(connection);
  libc.close(descriptor);
  return isResumed;
}

const clients = addresses.map((address): Client => ({
  address: socketAddress(address, 0),
  session: null,
}));
for (const client of clients) visit(client);
const started = performance.now();
let made = 0;
let resumed = 0;
while (performance.now() - started < Number(seconds) * 1000) {
  if (visit(clients[made++ % clients.length]!)) resumed++;
}
console.log(JSON.stringify({ made, resumed, seconds: (performance.now() - started) / 1000 }));
