import { assert, assertEquals } from "@std/assert";
import { HttpGuard } from "../../src/relay/http/guard.ts";
import { BodyFramer, ResponseTracker } from "../../src/relay/http/framing.ts";
import { HttpJudge } from "../../src/relay/http/rules.ts";
import { SessionctlError } from "../../src/errors.ts";
import type { Side } from "../../src/relay/data/side.ts";
import { fuzzSeed, seeded, tally } from "../support/mod.ts";
import { encode } from "./support.ts";
import { request, TOKEN } from "./http_support.ts";

function randomizer(seed: number): (below: number) => number {
  const random = seeded(fuzzSeed(0) + seed);
  return (below) => Math.floor(random() * below);
}

/** A client that sends `bytes` in pieces of random sizes. */
function clientOf(bytes: Uint8Array, random: (below: number) => number): Side {
  let at = 0;
  return {
    outlivesWrites: false,
    givesRecords: false,
    hungUp: () => false,
    close: () => {},
    abort: () => {},
    failed: () => {},
    stream: {
      read(into) {
        if (at === bytes.length) return Promise.resolve(null);
        const count = Math.min(into.length, bytes.length - at, 1 + random(40));
        into.set(bytes.subarray(at, at + count));
        at += count;
        return Promise.resolve(count);
      },
      write: (written) => Promise.resolve(written.length),
      closeWrite: () => Promise.resolve(),
      close: () => {},
    },
  };
}

async function passed(guard: HttpGuard): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(100);
  if (!(await guard.admit())) return text;
  for (let n; (n = await guard.read(buffer)) !== null;) {
    text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
    // The editor answers each request immediately.
    if (text.endsWith("\r\n\r\n")) {
      await guard.write(encode("HTTP/1.1 204 No Content\r\n\r\n")).catch(() => {});
    }
  }
  return text;
}

Deno.test("valid requests pass unchanged, however their bytes are split", async () => {
  const judge = new HttpJudge({ token: TOKEN, allowOrigins: [] });
  const text = request("GET /1") +
    request(
      "POST /2",
      `Authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n`,
      "5;x=y\r\nhello\r\nb\r\nhello again\r\n0\r\nT: 1\r\n\r\n",
    ) +
    request("GET /3");
  const expected = text.replaceAll(`Authorization: Bearer ${TOKEN}\r\n`, "");
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomizer(seed);
    assertEquals(await passed(new HttpGuard(clientOf(encode(text), random), judge)), expected);
  }
  tally({ "valid requests through the relay": 200 });
});

Deno.test("broken requests end with a response or an error; they never pass completely and never hang", async () => {
  const judge = new HttpJudge({ token: TOKEN, allowOrigins: [] });
  const text = request(
    "POST /1",
    `Authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n`,
    "5\r\nhello\r\n0\r\n\r\n",
  );
  for (let seed = 1; seed <= 2000; seed++) {
    const random = randomizer(seed);
    const bytes = encode(text);
    for (let i = 0; i <= random(4); i++) bytes[random(bytes.length)] = random(256);
    try {
      const through = await passed(new HttpGuard(clientOf(bytes, random), judge));
      assert(
        !through.includes(TOKEN) || !through.startsWith("POST /1 HTTP/1.1"),
        JSON.stringify(through),
      );
    } catch (error) {
      assert(error instanceof SessionctlError, String(error));
    }
  }
  tally({ "broken requests through the relay": 2000 });
});

Deno.test("random responses and bodies are refused or framed, and nothing beyond them passes", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = randomizer(seed);
    const bytes = Uint8Array.from(
      { length: 1 + random(200) },
      () => "0123456789abc\r\n;: "[random(18)]!.charCodeAt(0),
    );
    const tracker = new ResponseTracker(() => {});
    tracker.expect({ method: "GET", upgrade: false });
    for (
      const follow of [
        () => tracker.follow(bytes),
        () => void new BodyFramer("chunked").consume(bytes),
      ]
    ) {
      try {
        follow();
      } catch (error) {
        assert(error instanceof SessionctlError, String(error));
      }
    }
  }
  tally({ "responses through the relay": 2000 });
});

/** The smallest of several measurements of a call in milliseconds: other load only adds to it. */
function leastMs(call: () => void): number {
  return Math.min(...Array.from({ length: 10 }, () => {
    const since = performance.now();
    call();
    return performance.now() - since;
  }));
}

Deno.test("the cost of a head grows only with its length", () => {
  const judge = new HttpJudge({ token: TOKEN, allowOrigins: [] });
  const fields = [
    (length: number) => `Authorization: bearer${" ".repeat(length)}x y`,
    (length: number) => `Authorization:${"\t".repeat(length)}bearer`,
    (length: number) => `Cookie: ${"__Host-sessionctl=a;".repeat(length / 20)}`,
    (length: number) => `X: a${" \t".repeat(length / 2)}b`,
    (length: number) => `Connection: ${" ,upgrad".repeat(length / 8)}`,
  ];
  for (const field of fields) {
    const [short, long] = [6_000, 60_000].map((length) => {
      const bytes = encode(request("GET /1", `${field(length)}\r\n`));
      return leastMs(() => {
        const verdict = judge.judge(bytes);
        assert("refusal" in verdict && verdict.refusal.status === 401);
      });
    });
    // Ten times the length takes ten times as long; in quadratic time, it would take a hundred.
    assert(long! < 40 * short!, `${field(8).slice(0, 40)}: ${short} and ${long} ms`);
  }
});
