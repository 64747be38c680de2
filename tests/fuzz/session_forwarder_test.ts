/**
 * Whatever arrives at a code-server's session socket, forwarding survives and code-server's next
 * window is registered.
 */
import { assert, assertEquals } from "@std/assert";
import { exchangeFiles } from "../../src/platform/ffi/exchange_files.ts";
import { SessionForwarder } from "../../src/run/code_server/session_forwarder.ts";
import { startTestRegistry } from "../registry/http_support.ts";
import { fuzzSeed, makeSandbox, seeded, startEditor, tally, until } from "../support/mod.ts";
import { connectRaw, startHttpServer, statuses } from "../support/raw_http.ts";
import { damaged, SESSION_REQUESTS } from "./messages.ts";

// Libraries stay loaded; loading it here keeps the leak check of every test quiet.
try {
  exchangeFiles("/dev/null/a", "/dev/null/b");
} catch { /* There are no such files. */ }

const CASES = 400;
const AT_ONCE = 8;

const REQUESTS = [
  ...SESSION_REQUESTS,
  "CONNECT x:1 HTTP/1.1\r\n\r\n",
  "HEAD /x HTTP/1.1\r\nX-Y: \xe9\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n",
];
const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nsession added",
  "HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n{}",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
  "HTTP/1.1 101 Switching\r\n\r\n",
  "",
];

Deno.test("any bytes from clients and from code-server leave the forwarding intact", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { probeTimeoutMs: 50 });
  const random = seeded(fuzzSeed(20240917));
  const codeServer = serveAnswers(
    sandbox.path("run/session.sock"),
    () => damaged(ANSWERS, random),
  );
  sandbox.defer(() => codeServer.close());
  const forwarder = new SessionForwarder({
    sessionSocket: codeServer.path,
    registrySocket: registry.socketPath,
    log: () => {},
  });
  sandbox.defer(() => forwarder.close());
  forwarder.childStarted();
  await until("it is in place", () => forwarder.isInPlace);
  const one = async () => {
    const bytes = damaged(REQUESTS, random);
    const connection = await connectRaw(sandbox, codeServer.path);
    await connection.send(bytes);
    await connection.end();
    const received = await connection.untilEnd();
    connection.close();
    // Only the first status, because the body of an answer may contain text like one.
    const [first = 200] = statuses(received);
    assert(first >= 200 && first <= 599, received);
  };
  for (let i = 0; i < CASES; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }
  tally({ "requests through the session forwarder": CASES });
  const editor = await startEditor(sandbox);
  const entry = JSON.stringify({ entry: { socketPath: editor.socketPath } });
  codeServer.answer = () => new TextEncoder().encode(ANSWERS[0]!);
  const proper = await connectRaw(sandbox, codeServer.path);
  await proper.send(
    `POST /add-session HTTP/1.1\r\nContent-Length: ${entry.length}\r\n\r\n${entry}`,
  );
  assertEquals(statuses(await proper.until(/added/)), [200]);
  proper.close();
  const sessions = await registry.sessions();
  assert(sessions.some(({ socketPath }) => socketPath === editor.socketPath));
});

Deno.test("a code-server that never answers blocks no client for ever, and its window is registered", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const silent = startHttpServer(sandbox, {}, () => new Promise(() => {}));
  const forwarder = new SessionForwarder({
    sessionSocket: silent.path,
    registrySocket: registry.socketPath,
    log: () => {},
  });
  sandbox.defer(() => forwarder.close());
  forwarder.childStarted();
  await until("it is in place", () => forwarder.isInPlace);
  const editor = await startEditor(sandbox);
  const entry = JSON.stringify({ entry: { socketPath: editor.socketPath } });
  const connection = await connectRaw(sandbox, silent.path);
  await connection.send(
    `POST /add-session HTTP/1.1\r\nContent-Length: ${entry.length}\r\n\r\n${entry}`,
  );
  assertEquals(statuses(await connection.until(/added/)), [200]);
  assertEquals((await registry.sessions()).length, 1);
});

/** A server that reads a little and answers with the given bytes. */
function serveAnswers(path: string, answer: () => Uint8Array) {
  const listener = Deno.listen({ transport: "unix", path });
  const server = { path, answer, close: () => listener.close() };
  const serve = async (conn: Deno.Conn) => {
    try {
      await conn.read(new Uint8Array(64 * 1024));
      await conn.write(server.answer() as Uint8Array<ArrayBuffer>);
    } finally {
      conn.close();
    }
  };
  const accept = async () => {
    for await (const conn of listener) serve(conn).catch(() => {});
  };
  accept().catch(() => {});
  return server;
}
