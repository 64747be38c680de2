/** Peers that stall, flood or do not read are disconnected in time, and their descriptors freed. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { LIMITS } from "../../../src/registry/server/limits.ts";
import { makeSandbox, until } from "../../support/mod.ts";
import { connectRaw, exchangeRaw, startHttpServer, statuses } from "../../support/raw_http.ts";

Deno.test("the registry's time limits end every stalled connection within 30 seconds", () => {
  // A limit is checked twice a second, and starts at the first check.
  const slack = 1000;
  const farewell = 1000;
  assertLess(LIMITS.idleMs + slack, 30_000);
  assertLess(LIMITS.writeMs + slack, 30_000);
  // The slowest case: idle time does not count into the request, but a blocked 100 Continue does.
  assertLess(LIMITS.requestMs + slack + LIMITS.writeMs + slack + farewell + slack, 30_000);
  assertEquals(LIMITS.bodyBytes, 1024 * 1024);
});

Deno.test("a request sent byte by byte ends at the time limit, with an error that says why", async () => {
  await using sandbox = await makeSandbox();
  const { path, server, requests } = startHttpServer(sandbox, { requestMs: 300 });
  const connection = await connectRaw(sandbox, path);
  let answered = false;
  const answer = connection.untilEnd().finally(() => answered = true);
  await connection.send("GET / HTTP/1.1\r\nX: ");
  while (!answered && await connection.send("y")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(statuses(await answer), [408]);
  assertMatch(await answer, /the request took more than 300 ms/);
  await until("it is gone", () => server.connectionCount === 0);
  assertEquals(requests, []);
});

Deno.test("a body sent byte by byte ends at the time limit, also after 100 Continue", async () => {
  await using sandbox = await makeSandbox();
  const { path, server } = startHttpServer(sandbox, { requestMs: 300 });
  const connection = await connectRaw(sandbox, path);
  let answered = false;
  const answer = connection.untilEnd().finally(() => answered = true);
  await connection.send("POST / HTTP/1.1\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n");
  while (!answered && await connection.send("y")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(statuses(await answer), [100, 408]);
  await until("it is gone", () => server.connectionCount === 0);
});

Deno.test("idle connections end before and after a request, and active ones stay", async () => {
  await using sandbox = await makeSandbox();
  const { path, server } = startHttpServer(sandbox, { idleMs: 300 });
  const silent = await connectRaw(sandbox, path);
  const used = await connectRaw(sandbox, path);
  await used.send("GET / HTTP/1.1\r\n\r\n");
  assertEquals(statuses(await used.untilEnd()), [200]);
  assertEquals(await silent.untilEnd(), "");
  await until("they are gone", () => server.connectionCount === 0);
});

Deno.test("a peer that never reads its response is disconnected, and its descriptor released", async () => {
  await using sandbox = await makeSandbox();
  const body = new Uint8Array(4 * 1024 * 1024);
  const { path, server, requests, descriptors } = startHttpServer(
    sandbox,
    { writeMs: 200 },
    () => ({ status: 200, body }),
  );
  for (let i = 0; i < 5; i++) {
    const connection = await connectRaw(sandbox, path);
    await connection.send("GET / HTTP/1.1\r\n\r\n");
  }
  await until("all asked", () => requests.length === 5);
  await until("they are gone", () => server.connectionCount === 0);
  await until("their descriptors are free", () => descriptors() === 0);
});

Deno.test("a peer that leaves during a request, a response or a stream leaves nothing behind", async () => {
  await using sandbox = await makeSandbox();
  let streams = 0;
  const { path, server, descriptors } = startHttpServer(sandbox, {}, ({ path }) => ({
    status: 200,
    body: path !== "/stream"
      ? new Uint8Array(4 * 1024 * 1024)
      : new ReadableStream({ start: () => void streams++, cancel: () => void streams-- }),
  }));
  for (const request of ["GET / HT", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"]) {
    const connection = await connectRaw(sandbox, path);
    await connection.send(request);
    connection.close();
  }
  for (const target of ["/", "/stream"]) {
    const connection = await connectRaw(sandbox, path);
    await connection.send(`GET ${target} HTTP/1.1\r\n\r\n`);
    await connection.until(/200/);
    connection.close();
  }
  await until("all are gone", () => server.connectionCount === 0);
  await until("their descriptors are free", () => descriptors() === 0);
  assertEquals(streams, 0);
});

Deno.test("at the connection limit, silent connections make room at once, and the limit holds", async () => {
  await using sandbox = await makeSandbox();
  const { path, server } = startHttpServer(sandbox, { connections: 10 });
  const silent = await Promise.all(Array.from({ length: 60 }, () => connectRaw(sandbox, path)));
  let most = 0;
  const watch = setInterval(() => most = Math.max(most, server.connectionCount), 1);
  const answer = await exchangeRaw(
    sandbox,
    path,
    "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
  );
  clearInterval(watch);
  assertEquals(statuses(answer), [200]);
  assert(most <= 10, `${most} connections`);
  for (const connection of silent) connection.close();
});

Deno.test("at the connection limit, stalled requests make room, and requests in progress do not", async () => {
  await using sandbox = await makeSandbox();
  const work = Promise.withResolvers<void>();
  const { path, requests } = startHttpServer(sandbox, { connections: 5 }, async ({ path }) => {
    if (path === "/work") await work.promise;
    return { status: 200 };
  });
  const working = await connectRaw(sandbox, path);
  await working.send("GET /work HTTP/1.1\r\n\r\n");
  await until("it works", () => requests.length === 1);
  for (let i = 0; i < 6; i++) {
    await (await connectRaw(sandbox, path)).send("GET / HTTP/1.1\r\nX: y");
  }
  const late = await connectRaw(sandbox, path);
  await late.send("GET / HTTP/1.1\r\n\r\n");
  assertEquals(statuses(await late.until(/200/)), [200]);
  work.resolve();
  assertEquals(statuses(await working.until(/200/)), [200]);
});

Deno.test("closing answers requests in progress and ends idle connections and streams at once", async () => {
  await using sandbox = await makeSandbox();
  const work = Promise.withResolvers<void>();
  const { path, server, requests } = startHttpServer(sandbox, {}, async ({ path }) => {
    if (path === "/work") await work.promise;
    return { status: 200, ...(path === "/stream" ? { body: new ReadableStream() } : {}) };
  });
  const [idle, stream, working] = await Promise.all([1, 2, 3].map(() => connectRaw(sandbox, path)));
  await stream!.send("GET /stream HTTP/1.1\r\n\r\n");
  await stream!.until(/200/);
  await working!.send("GET /work HTTP/1.1\r\n\r\n");
  await until("it works", () => requests.length === 2);
  const closed = server.close(20_000);
  assertEquals(await idle!.untilEnd(), "");
  assertMatch(await stream!.untilEnd(), /chunked\r\n\r\n$/);
  work.resolve();
  assertMatch(await working!.untilEnd(), /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/);
  await closed;
  assertEquals(server.connectionCount, 0);
});
