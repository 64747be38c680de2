/** How the relay judges the head of a request, tested without a connection. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HttpJudge, type Refusal } from "../../src/relay/http/rules.ts";
import { encode } from "./support.ts";
import { request, TOKEN } from "./http_support.ts";

const judge = new HttpJudge({ token: TOKEN, allowOrigins: ["https://friend.example"] });
const bearer = `Authorization: Bearer ${TOKEN}\r\n`;

/** The relay's own answer to a request; undefined if it admits the request. */
function refusalOf(text: string): Refusal | undefined {
  const verdict = judge.judge(encode(text));
  return "refusal" in verdict ? verdict.refusal : undefined;
}

const statusOf = (text: string): number | undefined => refusalOf(text)?.status;

Deno.test("a token in the URL is accepted in GET requests only, and only if it is the only token there", () => {
  assertEquals(statusOf(request(`GET /?token=${TOKEN}`, "")), 303);
  assertEquals(statusOf(request(`POST /?token=${TOKEN}`, "")), 401);
  assertEquals(statusOf(request(`GET /?token=${TOKEN}&token=${TOKEN}`, "")), 401);
  assertEquals(statusOf(request(`GET /?token=${TOKEN}&token=other`, "")), 401);
  assertEquals(statusOf(request(`GET /page?token=${TOKEN}`, "")), 401);
});

Deno.test("the response that sets the cookie forbids caching and sends no referrer", () => {
  const { headers } = refusalOf(request(`GET /?token=${TOKEN}`, ""))!;
  assertEquals(headers!["Cache-Control"], "no-store");
  assertEquals(headers!["Referrer-Policy"], "no-referrer");
  const wrong = refusalOf(request("GET /", ""))!;
  assertEquals(wrong.headers, { "WWW-Authenticate": 'Bearer realm="sessionctl"' });
});

Deno.test("trailing spaces are not part of the token", () => {
  assertEquals(statusOf(request("GET /", `Authorization:Bearer\t${TOKEN} \t \r\n`)), undefined);
  assertEquals(statusOf(request("GET /", `authorization: bearer ${TOKEN}\r\n`)), undefined);
  assertEquals(statusOf(request("GET /", `Authorization: Bearer ${TOKEN} x\r\n`)), 401);
});

Deno.test("a control character anywhere in the head gets 400", () => {
  for (const character of ["\0", "\x01", "\x0b", "\x1f", "\x7f"]) {
    for (const text of [`X: a${character}b\r\n`, `X: ${character}\r\n`]) {
      assertEquals(statusOf(request("GET /", bearer + text)), 400, JSON.stringify(text));
    }
  }
  assertEquals(statusOf(request("GET /", `${bearer}X: a\tb\r\n`)), undefined);
});

Deno.test("a field that readers could resolve differently gets 400 if it occurs twice", () => {
  const twice = [
    `Origin: https://friend.example\r\nOrigin: https://evil.example\r\n`,
    `Host: localhost\r\n`,
    bearer,
    "Content-Length: 2\r\nContent-Length: 2\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
  ];
  for (const fields of twice) {
    assertEquals(statusOf(request("POST /", bearer + fields)), 400, fields);
  }
  const old = `POST / HTTP/1.0\r\n${bearer}Transfer-Encoding: chunked\r\n\r\n`;
  assertEquals(statusOf(old), 400);
});

Deno.test("an incomplete upgrade counts as an upgrade: one from a foreign page gets 403", () => {
  const evil = `${bearer}Origin: https://evil.example\r\n`;
  for (
    const fields of ["Upgrade: websocket\r\n", "Connection: keep-alive,upgrade\r\n"]
  ) {
    assertEquals(statusOf(request("GET /", evil + fields)), 403, fields);
    const verdict = judge.judge(encode(request("GET /", bearer + fields)));
    assert("head" in verdict && verdict.upgrade, fields);
  }
  assertEquals(statusOf(request("GET /", `${evil}Connection: no-upgrades\r\n`)), undefined);
});

Deno.test("the relay's own origin is that of the requested host, in any spelling", () => {
  const from = (origin: string, host: string) =>
    statusOf(
      `GET / HTTP/1.1\r\nHost: ${host}\r\n${bearer}Upgrade: websocket\r\nOrigin: ${origin}\r\n\r\n`,
    );
  assertEquals(from("https://localhost:8443", "LocalHost:8443"), undefined);
  assertEquals(from("HTTPS://LocalHost:8443", "localhost:8443"), undefined);
  assertEquals(from("https://localhost:8443", "localhost"), 403);
  assertEquals(from("https://localhost", "localhost:8443"), 403);
  assertEquals(from("https://localhost", "localhost:443"), undefined);
  assertEquals(from("https://localhost:443", "localhost"), undefined);
  assertEquals(from("https://friend.example", "localhost"), undefined);
});

Deno.test("a request passes unchanged except for the relay's credentials", () => {
  const text = request("GET /", `X: \xe4\r\n${bearer}Y: b\r\n`);
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const verdict = judge.judge(bytes);
  assert("bytes" in verdict);
  const passed = String.fromCharCode(...verdict.bytes);
  assertStringIncludes(passed, "X: \xe4\r\nY: b\r\n\r\n");
  assert(!passed.includes(TOKEN));
});
