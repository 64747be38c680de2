/** Whatever a child writes, sends or is called, its parent reads it whole and survives. */
import { assert, assertEquals } from "@std/assert";
import { parseProcessStat } from "../../src/platform/processes.ts";
import { connectChannels } from "../../src/ipc/mod.ts";
import { HandshakeSocket } from "../../src/supervisor/handshake_socket.ts";
import { MAX_LINE_BYTES, OutputLines } from "../../src/supervisor/output_lines.ts";
import { childContext } from "../../src/supervisor/protocol.ts";
import { fuzzSeed, makeSandbox, seeded, tally } from "../support/mod.ts";

Deno.test("output in any pieces gives each line once, whole and in order", async () => {
  const random = seeded(fuzzSeed(5));
  const pick = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 60; round++) {
    const size = round % 6 === 0 ? 3 * MAX_LINE_BYTES + pick(100) : pick(5000);
    // Few line ends in long outputs, many in short ones.
    const bytes = Uint8Array.from(
      { length: size },
      () => pick(size > 5000 ? 50_000 : 30) === 0 ? 0x0a : pick(256) || 1,
    );
    const got: number[] = [];
    const lines = new OutputLines((line, whole) => {
      assert(line.length <= MAX_LINE_BYTES, `${line.length}`);
      assert(!line.includes(0x0a));
      for (const byte of line) got.push(byte);
      if (whole) got.push(0x0a);
    });
    for (let at = 0; at < size;) {
      const piece = bytes.subarray(at, at + 1 + pick(round % 2 ? 200 : 200_000));
      at += piece.length;
      await lines.take(piece);
    }
    await lines.end();
    assertEquals(got.length, size);
    assert(got.every((byte, at) => byte === bytes[at]), `round ${round}`);
  }
  tally({ "outputs of children": 60 });
});

Deno.test("a line of the maximum length stays whole, and one more byte splits it", async () => {
  for (const [length, pieces] of [[MAX_LINE_BYTES, 1], [MAX_LINE_BYTES + 1, 2]] as const) {
    const got: [number, boolean][] = [];
    const lines = new OutputLines((line, whole) => void got.push([line.length, whole]));
    const bytes = new Uint8Array(length + 1).fill(0x61);
    bytes[length] = 0x0a;
    await lines.take(bytes);
    await lines.end();
    assertEquals(got.length, pieces);
    assertEquals(got.reduce((sum, [size]) => sum + size, 0), length);
    assertEquals(got.at(-1)![1], true);
  }
});

Deno.test("any process name is parsed", () => {
  const random = seeded(fuzzSeed(7));
  const pick = (count: number) => Math.floor(random() * count);
  const alphabet = ") (Z\n1234 S-";
  for (let round = 0; round < 5000; round++) {
    const name = Array.from({ length: pick(16) }, () => alphabet[pick(alphabet.length)]).join("");
    const entry = parseProcessStat(`77 (${name}) S 5 6 7 0 -1 4194560 1 2`);
    assertEquals(entry, { pid: 77, parent: 5, group: 6, session: 7, state: "S" });
  }
  tally({ "names of processes": 5000 });
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: pick(40) }, () => alphabet[pick(alphabet.length)]).join("");
    const entry = parseProcessStat(text);
    if (entry) assert(Number.isInteger(entry.pid) && Number.isInteger(entry.session), text);
  }
  tally({ "names of processes": 5000 });
});

Deno.test("strangers that send arbitrary data to the handshake's socket do not keep the child out", async () => {
  await using sandbox = await makeSandbox();
  const random = seeded(fuzzSeed(11));
  const pick = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 20; round++) {
    const met = Promise.withResolvers<void>();
    const socket = new HandshakeSocket(() => met.resolve(), [sandbox.path("run", `r${round}`)]);
    socket.expect(99);
    for (let stranger = 0; stranger < 6; stranger++) {
      const conn = await Deno.connect({ transport: "unix", path: socket.path });
      const bytes = Uint8Array.from({ length: pick(300) }, () => pick(4) ? pick(4) : pick(256));
      await conn.write(bytes).catch(() => {}); // The stranger may have been disconnected.
      conn.close();
    }
    const child = await connectChannels(socket.path, childContext(99));
    await met.promise;
    child.dispose();
    socket.close();
  }
  tally({ "handshakes among strangers": 20 });
});
