import { assert, assertEquals, assertThrows } from "@std/assert";
import { BodyFramer, ResponseTracker } from "../../src/relay/http/framing.ts";
import { SessionctlError } from "../../src/errors.ts";
import { encode } from "./support.ts";

for (
  const [what, body, message] of [
    ["a size line without an end", `5;${"x".repeat(2000)}`, "a chunk's line is too long"],
    ["a trailer without an end", `0\r\nT: ${"x".repeat(2000)}`, "a chunk's line is too long"],
    ["a size that ends in a bare line feed", "5\nhello", "a line feed without carriage return"],
    ["a trailer that does", "0\r\nT: 1\n\r\n", "a line feed without carriage return"],
    ["more bytes than were announced", "5\r\nhello!\r\n", "a chunk longer than its size"],
    ["a bare line feed behind the bytes", "5\r\nhello\n0\r\n\r\n", "a chunk longer than its size"],
    ["a size that no number holds", "10000000000000000\r\n", "an invalid chunk size"],
    ["a sign", "-5\r\nhello", "an invalid chunk size"],
    ["a prefix", "0x5\r\nhello", "an invalid chunk size"],
    ["no size", "\r\n", "an invalid chunk size"],
    ["a control character behind the size", "5;\x01\r\nhello", "an invalid chunk size"],
    [
      "a control character in a trailer",
      "0\r\nT: \x01\r\n\r\n",
      "a control character in a trailer",
    ],
  ] as const
) {
  Deno.test(`a chunked body with ${what}: ${message}`, () => {
    assertThrows(
      () => new BodyFramer("chunked").consume(encode(body)),
      SessionctlError,
      message,
    );
  });
}

/** Follows the answers to `requests`; records for each whether it opened a tunnel. */
function follow(
  requests: readonly { method: string; upgrade?: boolean }[],
  text: string,
): { told: boolean[]; tracker: ResponseTracker } {
  const told: boolean[] = [];
  const tracker = new ResponseTracker((tunnel) => told.push(tunnel));
  for (const { method, upgrade = false } of requests) tracker.expect({ method, upgrade });
  // Byte by byte, because the network may split an answer anywhere.
  for (const byte of encode(text)) tracker.follow(Uint8Array.of(byte));
  return { told, tracker };
}

Deno.test("the response to HEAD has no body, whatever its Content-Length", () => {
  const answers = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const { told, tracker } = follow([{ method: "HEAD" }, { method: "GET" }], answers);
  assertEquals([told, tracker.outstanding, tracker.begun], [[false, false], 0, false]);
});

Deno.test("an interim response does not answer the request, the final one does", () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const { told, tracker } = follow([{ method: "GET" }], interim);
  assertEquals([told, tracker.outstanding], [[], 1]);
  const both = follow([{ method: "GET" }], `${interim}HTTP/1.1 204 No Content\r\n\r\n`);
  assertEquals([both.told, both.tracker.outstanding], [[false], 0]);
});

Deno.test("bytes after a granted upgrade are not parsed as a response", () => {
  const granted = "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 nothing of the kind\r\n\r\n";
  const { told, tracker } = follow([{ method: "GET", upgrade: true }], granted);
  assertEquals([told, tracker.outstanding], [[true], 0]);
});

for (
  const [what, upgrade, requests, text] of [
    ["to no request", false, 0, "HTTP/1.1 200 OK\r\n\r\n"],
    ["that grants what nobody asked for", false, 1, "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["that is no HTTP", true, 1, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n"],
    ["whose head has no end", false, 1, `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`],
  ] as const
) {
  Deno.test(`an answer ${what} is an error`, () => {
    const tracker = new ResponseTracker(() => assert(false, "it was taken for an answer"));
    for (let i = 0; i < requests; i++) tracker.expect({ method: "GET", upgrade });
    assertThrows(() => tracker.follow(encode(text)), SessionctlError);
  });
}
