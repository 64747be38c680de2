/** Where requests end: anything that two readers might interpret differently is refused. */
import { assertEquals, assertMatch } from "@std/assert";
import { requestUnix } from "../../../src/http/mod.ts";
import { makeSandbox } from "../../support/mod.ts";
import { connectRaw, exchangeRaw, startHttpServer, statuses } from "../../support/raw_http.ts";

const REFUSED: Record<string, [string, number]> = {
  "both Content-Length and Transfer-Encoding": [
    "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  "two different Content-Lengths": [
    "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    400,
  ],
  "two equal Content-Lengths": [
    "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    400,
  ],
  "a negative Content-Length": ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
  "a Content-Length with a sign": ["POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello", 400],
  "a Transfer-Encoding after a vertical tab": [
    "POST / HTTP/1.1\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  "a Transfer-Encoding other than chunked": [
    "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  "a chunked HTTP/1.0 request": [
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  "a space before a field's colon": ["GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  "a folded field": ["GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n", 400],
  "a bare line feed in a field": ["GET / HTTP/1.1\r\nA: b\nHost: c\r\n\r\n", 400],
  "a bare carriage return at a field's end": ["GET / HTTP/1.1\r\nA: b\r\r\n\r\n", 400],
  "a NUL in a field": ["GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 400],
  "a request line of another protocol": ["SSH-2.0-OpenSSH_9.2\r\n\r\n", 400],
  "a later HTTP": ["GET / HTTP/2.0\r\n\r\n", 400],
  "a space in the target": ["GET /a b HTTP/1.1\r\n\r\n", 400],
  "a chunk size that is no number": [
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    400,
  ],
  "a chunk longer than its size": [
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    400,
  ],
  "a chunk's line without an end": [
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(2000)}`,
    400,
  ],
  "too many fields behind the last chunk": [
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"A: b\r\n".repeat(200)}\r\n`,
    400,
  ],
  "too many fields": [`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(200)}\r\n`, 400],
  "a head that is too long": [`GET / HTTP/1.1\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, 431],
  "a head that never ends": [`GET / HTTP/1.1\r\n${"A: b\r\n".repeat(10_000)}`, 431],
  "a body that is declared too long": ["POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413],
  "a chunked body that grows too long": [
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${
      `1000\r\n${"x".repeat(4096)}\r\n`.repeat(17)
    }`,
    413,
  ],
};

for (const [name, [request, status]] of Object.entries(REFUSED)) {
  Deno.test(`${name}: ${status}, and the connection ends`, async () => {
    await using sandbox = await makeSandbox();
    const { path, requests } = startHttpServer(sandbox);
    // The following bytes must not be taken for a request.
    const answer = await exchangeRaw(sandbox, path, `${request}GET /smuggled HTTP/1.1\r\n\r\n`);
    assertEquals(statuses(answer), [status]);
    assertMatch(answer, /\{"error":"[^"]+"\}$/);
    assertEquals(requests, []);
  });
}

Deno.test("pipelined requests are answered in order", async () => {
  await using sandbox = await makeSandbox();
  const { path } = startHttpServer(sandbox, {}, async ({ path, body }) => {
    // The first takes longest.
    await new Promise((resolve) => setTimeout(resolve, path === "/1" ? 30 : 0));
    return { status: 200, body: new TextEncoder().encode(`${path}=${body.length};`) };
  });
  const answer = await exchangeRaw(
    sandbox,
    path,
    "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" +
      "POST /3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n2\r\ncd\r\n0\r\nT: r\r\n\r\n" +
      "GET /4 HTTP/1.1\r\nConnection: close\r\n\r\nGET /5 HTTP/1.1\r\n\r\n",
  );
  assertEquals(answer.match(/\/[0-9]=[0-9];/g), ["/1=0;", "/2=3;", "/3=4;", "/4=0;"]);
});

Deno.test("a request that arrives byte by byte is read like one that arrives whole", async () => {
  await using sandbox = await makeSandbox();
  const { path, requests } = startHttpServer(sandbox);
  const connection = await connectRaw(sandbox, path);
  for (const byte of "POST /a?b=c HTTP/1.1\r\nX: y\r\nContent-Length: 2\r\n\r\nhi") {
    await connection.send(byte);
  }
  await connection.until(/200/);
  const [{ method, path: target, query, body }] = requests as [typeof requests[0]];
  assertEquals([method, target, query, new TextDecoder().decode(body)], [
    "POST",
    "/a",
    "b=c",
    "hi",
  ]);
});

Deno.test("Expect: 100-continue is answered before the body is sent", async () => {
  await using sandbox = await makeSandbox();
  const { path, requests } = startHttpServer(sandbox);
  const connection = await connectRaw(sandbox, path);
  await connection.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  assertEquals(statuses(await connection.until(/100 Continue\r\n\r\n/)), [100]);
  await connection.send("hi");
  assertEquals(statuses(await connection.until(/200/)), [100, 200]);
  assertEquals(requests.length, 1);
});

Deno.test("the response to HEAD has the head of a GET and no body, also for streams", async () => {
  await using sandbox = await makeSandbox();
  let cancelled = false;
  const { path } = startHttpServer(sandbox, {}, ({ path }) => ({
    status: 200,
    body: path === "/stream"
      ? new ReadableStream({ cancel: () => void (cancelled = true) })
      : new TextEncoder().encode("hello"),
  }));
  const answer = await exchangeRaw(
    sandbox,
    path,
    "HEAD / HTTP/1.1\r\n\r\nHEAD /stream HTTP/1.1\r\n\r\n",
  );
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assertMatch(answer, /Transfer-Encoding: chunked\r\n\r\n$/);
  assertEquals(cancelled, true);
});

Deno.test("a handler that fails gives the peer a 500 and is reported to the operator", async () => {
  await using sandbox = await makeSandbox();
  const { path, errors } = startHttpServer(sandbox, {}, ({ path }) => {
    if (path === "/now") throw new TypeError("now");
    return Promise.reject(new TypeError("later"));
  });
  for (const name of ["now", "later"]) {
    const answer = await exchangeRaw(sandbox, path, `GET /${name} HTTP/1.1\r\n\r\n`);
    assertEquals(statuses(answer), [500]);
  }
  assertEquals(errors.map(String), ["TypeError: now", "TypeError: later"]);
});

Deno.test("an empty chunk does not end a stream", async () => {
  await using sandbox = await makeSandbox();
  const parts = ["first", "", "last"].map((part) => new TextEncoder().encode(part));
  const { path } = startHttpServer(sandbox, {}, () => ({
    status: 200,
    body: ReadableStream.from(parts),
  }));
  const answer = await requestUnix(path, { method: "GET", target: "/", timeoutMs: 20_000 });
  assertEquals(answer.text(), "firstlast");
});
