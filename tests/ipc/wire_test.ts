import { assert, assertEquals, assertThrows } from "@std/assert";
import { FrameReader } from "../../src/ipc/wire/frame_reader.ts";
import { FRAME_HEADER_BYTES, VSBuffer } from "../../src/ipc/wire/wire.ts";
import { WireReader } from "../../src/ipc/wire/wire_reader.ts";
import { WireWriter } from "../../src/ipc/wire/wire_writer.ts";

const LIMIT = 64 * 1024 * 1024;

function encode(value: unknown): Uint8Array {
  const writer = new WireWriter(LIMIT);
  writer.begin();
  writer.value(value);
  writer.end();
  return writer.take().slice(FRAME_HEADER_BYTES);
}

const decode = (bytes: Uint8Array) => new WireReader(bytes).value();

Deno.test("values are encoded to the same bytes as in VS Code", () => {
  const cases: [unknown, number[]][] = [
    [undefined, [0]],
    ["", [1, 0]],
    ["aé", [1, 3, 97, 195, 169]],
    [new Uint8Array([9, 8]), [2, 2, 9, 8]],
    [new VSBuffer(new Uint8Array([7])), [3, 1, 7]],
    [[], [4, 0]],
    [["a", 1], [4, 2, 1, 1, 97, 6, 1]],
    [null, [5, 4, 110, 117, 108, 108]],
    [true, [5, 4, 116, 114, 117, 101]],
    [{ a: 1 }, [5, 7, 123, 34, 97, 34, 58, 49, 125]],
    [0, [6, 0]],
    [127, [6, 127]],
    [128, [6, 128, 1]],
    [300, [6, 172, 2]],
    [-1, [6, 255, 255, 255, 255, 15]],
    [2 ** 31 - 1, [6, 255, 255, 255, 255, 7]],
    [-(2 ** 31), [6, 128, 128, 128, 128, 8]],
    [1.5, [5, 3, 49, 46, 53]],
    [2 ** 31, [5, 10, ...new TextEncoder().encode("2147483648")]],
  ];
  for (const [value, bytes] of cases) {
    assertEquals([...encode(value)], bytes);
    assertEquals(decode(new Uint8Array(bytes)), value);
  }
});

Deno.test("strings of every length around the boundaries are decoded unchanged", () => {
  for (const unit of ["x", "é", "漢", "\u{1f600}"]) {
    for (const length of [1, 2, 31, 32, 33, 42, 43, 63, 64, 127, 128, 129, 5461, 16383, 16384]) {
      const text = unit.repeat(length);
      assertEquals(decode(encode(text)), text);
    }
  }
  for (const length of [64 * 1024, 64 * 1024 + 1]) {
    assertEquals(decode(encode("é".repeat(length))), "é".repeat(length));
  }
});

Deno.test("frames are read however they are split", () => {
  const writer = new WireWriter(LIMIT);
  const values = ["a", "b".repeat(200_000), [1, 2, 3], undefined];
  for (const value of values) {
    writer.begin();
    writer.value(value);
    writer.end();
  }
  const bytes = writer.take().slice();
  for (const step of [1, 7, 13, 4096, bytes.length]) {
    const frames = new FrameReader(LIMIT);
    const seen: unknown[] = [];
    for (let at = 0; at < bytes.length;) {
      const { room } = frames;
      const part = bytes.subarray(at, at + Math.min(step, room.length));
      room.set(part);
      frames.filled(part.length);
      at += part.length;
      for (let message = frames.next(); message; message = frames.next()) {
        seen.push(decode(message));
      }
    }
    assertEquals(seen, values);
  }
});

Deno.test("the memory of a long message is freed once it is read", () => {
  const frames = new FrameReader(LIMIT);
  const usual = frames.room.length;
  const writer = new WireWriter(LIMIT);
  writer.begin();
  writer.value("x".repeat(usual * 8));
  writer.end();
  const bytes = writer.take();
  for (let at = 0; at < bytes.length;) {
    const room = frames.room;
    const count = Math.min(room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + count));
    frames.filled(count);
    at += count;
  }
  assert(frames.next() !== undefined);
  assertEquals(frames.next(), undefined);
  assertEquals(frames.room.length, usual);
});

Deno.test("a claimed length alone allocates nothing", () => {
  const frames = new FrameReader(LIMIT);
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header[0] = 1;
  new DataView(header.buffer).setUint32(9, LIMIT);
  frames.room.set(header);
  frames.filled(header.length);
  assertEquals(frames.next(), undefined);
  assert(frames.room.length < 128 * 1024);
  for (const bytes of [[1, 255, 255, 255, 255, 7], [4, 255, 255, 255, 255, 7], [2, 128, 128, 4]]) {
    assertThrows(() => decode(new Uint8Array(bytes)), Error, "longer than its message");
  }
});

Deno.test("messages that neither sessionctl nor VS Code sends are rejected", () => {
  const deep = new Uint8Array(2 * 1000).map((_, i) => i % 2 === 0 ? 4 : 1);
  const cases: [number[] | Uint8Array, string][] = [
    [[7], "unknown type"],
    [[6, 255, 255, 255, 255, 255, 1], "does not end"],
    [[6, 128], "ends too early"],
    [[5, 1, 123], "not JSON"],
    [deep, "nested too deep"],
  ];
  for (const [bytes, reason] of cases) {
    assertThrows(() => decode(new Uint8Array(bytes)), Error, reason);
  }
  assertThrows(() => new WireReader(new Uint8Array([4, 3, 6, 1])).header(), Error, "3 parts");
  assertThrows(() => new WireReader(new Uint8Array([1, 0])).header(), Error, "without a header");
});

Deno.test("a cancelled message leaves no trace, and one that is too long is rejected", () => {
  const writer = new WireWriter(100);
  writer.begin();
  assertThrows(() => writer.value([1, () => {}]), Error, "the value[1] is a function");
  writer.cancel();
  assertEquals(writer.length, 0);
  writer.begin();
  writer.value("x".repeat(200));
  assertThrows(() => writer.end(), Error, "at most 100");
  assertEquals(writer.length, 0);
  const circular: unknown[] = [];
  circular.push(circular);
  writer.begin();
  assertThrows(() => writer.value(circular), Error, "levels deep");
});
