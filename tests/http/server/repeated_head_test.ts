import { assertEquals, assertStrictEquals } from "@std/assert";
import { HeadParser } from "../../../src/http/server/repeated_head.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const lookup = (path: string) =>
  encode(`GET /session?filePath=${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);

Deno.test("an identical head is not parsed again", () => {
  const heads = new HeadParser();
  const head = heads.parse(lookup("/a"));
  assertStrictEquals(heads.repeated(lookup("/a")), head);
  assertStrictEquals(heads.parse(lookup("/a")), head);
});

Deno.test("a head that differs in one byte, or has bytes after it, is parsed", () => {
  const heads = new HeadParser();
  heads.parse(lookup("/a"));
  assertEquals(heads.repeated(lookup("/b")), undefined);
  assertEquals(heads.repeated(lookup("/a").subarray(0, -1)), undefined);
  assertEquals(heads.repeated(encode("GET")), undefined);
  assertEquals(heads.parse(lookup("/b")).target, "/session?filePath=/b");
});

Deno.test("a remembered head does not change with the buffer it was read from", () => {
  const heads = new HeadParser();
  const buffer = lookup("/a");
  const head = heads.parse(buffer);
  buffer.set(lookup("/b"));
  assertEquals(heads.repeated(buffer), undefined);
  assertStrictEquals(heads.repeated(lookup("/a")), head);
});
