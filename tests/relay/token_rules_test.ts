import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { connect, encode, eventually, metric, readAll, startRelay, writeAll } from "./support.ts";
import { exchange, request, serveHttp, startGuarded, statusOf, TOKEN } from "./http_support.ts";

Deno.test("a request without the right token gets 401 and never reaches the editor", async () => {
  await using sandbox = await makeSandbox();
  const { relay, seen } = await startGuarded(sandbox);
  for (
    const fields of ["", "Authorization: Bearer wrong\r\n", "Cookie: __Host-sessionctl-0=wrong\r\n"]
  ) {
    assertEquals(statusOf(await exchange(relay, request("GET /", fields))), 401);
  }
  assertEquals(seen.connections(), 0);
});

Deno.test("the relay removes the token and its cookie from the request to the editor", async () => {
  await using sandbox = await makeSandbox();
  const { relay, seen } = await startGuarded(sandbox);
  const entry = await exchange(relay, request(`GET /?token=${TOKEN}&folder=%2Fx`, ""));
  assertEquals(statusOf(entry), 303);
  assertMatch(entry, /\r\nLocation: \/\?folder=%2Fx\r\n/);
  const cookie = /Set-Cookie: ([^;]+); Path=\/; Secure; HttpOnly; SameSite=Strict\r\n/.exec(
    entry,
  )![1]!;
  assert(!cookie.includes(TOKEN));
  const both = `Cookie: a=1; ${cookie}; b=2\r\nAuthorization: Bearer ${TOKEN}\r\n`;
  assertStringIncludes(await exchange(relay, request("GET /page", both)), "GET /page 0");
  assertStringIncludes(
    await exchange(relay, request("GET /page", `Cookie: ${cookie}\r\n`)),
    "GET /page 0",
  );
  assertEquals(seen.heads, [
    "GET /page HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; b=2\r\n\r\n",
    "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ]);
});

Deno.test("every request on a connection needs the token, including pipelined ones", async () => {
  await using sandbox = await makeSandbox();
  const { relay, seen } = await startGuarded(sandbox);
  const answers = await exchange(
    relay,
    request("GET /1") + request("HEAD /2") +
      request("POST /3", `Authorization: Bearer ${TOKEN}\r\nContent-Length: 4\r\n`, "body") +
      request(
        "POST /4",
        `Authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n`,
        "3\r\nabc\r\n0\r\n\r\n",
      ) +
      request("GET /5", "") + request("GET /6"),
  );
  assertEquals(answers.match(/HTTP\/1\.1 [0-9]+/g), [
    ...Array(4).fill("HTTP/1.1 200"),
    "HTTP/1.1 401",
  ]);
  assertEquals(seen.heads.map((head) => head.split(" ")[1]), ["/1", "/2", "/3", "/4"]);
});

Deno.test("an ambiguous request gets 400", async () => {
  await using sandbox = await makeSandbox();
  const { relay, seen } = await startGuarded(sandbox);
  const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
  const ambiguous = [
    request("POST /", `${bearer}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, "0\r\n\r\n"),
    request("POST /", `${bearer}Content-Length: 4\r\nContent-Length: 5\r\n`, "body"),
    request("POST /", `${bearer}Content-Length: +4\r\n`, "body"),
    request("POST /", `${bearer}Transfer-Encoding: xchunked\r\n`, "body"),
    request("GET /", `${bearer}Cookie : a=b\r\n`),
    request("GET /", `${bearer}X: a\r\n folded\r\n`),
    request("GET /", `${bearer}X: a\nY: b\r\n`),
    request("GET /", `${bearer}X: a\rY: b\r\n`),
    request("GET /", `${bearer}${bearer}`),
    request("GET /", `${bearer}Host: other\r\n`),
    request("GET /  /"),
    request("CONNECT localhost:443"),
    request(
      "GET /",
      `${bearer}Connection: Upgrade\r\nUpgrade: echo\r\nContent-Length: 2\r\n`,
      "hi",
    ),
    `GET / HTTP/1.0\r\n${bearer}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  for (const text of ambiguous) {
    assertEquals(statusOf(await exchange(relay, text)), 400, JSON.stringify(text));
  }
  assertEquals(seen.connections(), 0);
});

Deno.test("an invalid chunk gets 400, and the editor's connection is aborted", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  const fields = `Authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n`;
  const answer = await exchange(relay, request("POST /", fields, "3\r\nabcX\r\n0\r\n\r\n"));
  assertEquals(statusOf(answer), 400);
});

Deno.test("an endless head is refused at the size limit", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  const answer = await exchange(relay, request("GET /", `X: ${"x".repeat(70_000)}\r\n`));
  assertEquals(statusOf(answer), 431);
});

Deno.test("a head with bare line feeds gets 400 without waiting for more of it", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  using conn = await connect(relay);
  await writeAll(conn, encode("GET / HTTP/1.1\nHost: localhost\n\n"));
  assertEquals(statusOf(await readAll(conn)), 400);
});

Deno.test("a browser can use a token with base64 characters without encoding it", async () => {
  await using sandbox = await makeSandbox();
  const token = "q83+Zz/0123456789==";
  const { relay } = await startGuarded(sandbox, [], token);
  for (const written of [token, encodeURIComponent(token)]) {
    assertEquals(statusOf(await exchange(relay, request(`GET /?token=${written}`, ""))), 303);
  }
  assertEquals(statusOf(await exchange(relay, request("GET /?token=q83%20Zz", ""))), 401);
});

Deno.test("refused clients are counted by reason and logged", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox, ["--status", "127.0.0.1:0"]);
  await exchange(relay, request("GET /", ""));
  await exchange(relay, request(`GET /?token=${TOKEN}`, ""));
  await exchange(relay, "GET / HTTP/9\r\n\r\n");
  const count = async (reason: string) => {
    const text = await (await fetch(`http://${relay.status}/metrics`)).text();
    return metric(text, `connections_refused_total{reason="${reason}"}`);
  };
  await eventually("both are counted", async () => await count("bad-request") === 1);
  assertEquals(await count("client-not-allowed"), 1);
  await relay.says(/refused a connection from 127\.0\.0\.1:[0-9]+: 401, a token is needed/);
});

Deno.test("two relays on one host do not overwrite each other's cookie", async () => {
  await using sandbox = await makeSandbox();
  const seen = serveHttp(sandbox, sandbox.path("target.sock"));
  // A browser keeps the cookies of both in one jar, because cookies ignore ports.
  const jar = new Map<string, string>();
  const relays = [];
  for (const token of [TOKEN, TOKEN.replaceAll("0", "1")]) {
    const file = sandbox.path(`token-${jar.size}`);
    await Deno.writeTextFile(file, token, { mode: 0o600 });
    const args = ["--to", sandbox.path("target.sock"), "--token-file", file];
    const relay = await startRelay(sandbox, args);
    const entry = await exchange(relay, request(`GET /?token=${token}`, ""));
    const [, name, value] = /Set-Cookie: (__Host-[^=]+)=([^;]+)/.exec(entry)!;
    jar.set(name!, value!);
    relays.push(relay);
  }
  const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const relay of relays) {
    const answer = await exchange(relay, request("GET /", `Cookie: ${cookies}\r\n`));
    assertEquals(statusOf(answer), 200);
  }
  assert(!seen.heads.some((head) => head.includes("Cookie")), seen.heads.join());
});
