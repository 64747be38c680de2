import { assertEquals } from "@std/assert";
import { ReceivedBytes } from "../../src/platform/mod.ts";

/** Received bytes, and the calls that their source got. */
function start(pauseAboveBytes = 4): { received: ReceivedBytes; told: string[] } {
  const told: string[] = [];
  const received = new ReceivedBytes({
    pauseAboveBytes,
    pause: () => told.push("pause"),
    resume: () => told.push("resume"),
  });
  return { received, told };
}

async function readText(received: ReceivedBytes, size = 16): Promise<string | null> {
  const buffer = new Uint8Array(size);
  const count = await received.read(buffer);
  return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("received bytes are read in their order, in as many pieces as the buffer takes", async () => {
  const { received } = start();
  const early = readText(received);
  received.push(bytes("ab"));
  assertEquals(await early, "ab");
  for (const text of ["cde", "", "f"]) received.push(bytes(text));
  assertEquals(received.waiting, 4);
  assertEquals([await readText(received, 2), await readText(received, 2)], ["cd", "e"]);
  assertEquals([await readText(received), received.waiting], ["f", 0]);
});

Deno.test("waiting bytes are read before the end, and no bytes arrive after it", async () => {
  const { received } = start();
  received.push(bytes("ab"));
  received.end();
  received.push(bytes("cd"));
  assertEquals([await readText(received), await readText(received)], ["ab", null]);
});

Deno.test("a read that waits learns of the end", async () => {
  const { received } = start();
  const waiting = readText(received);
  received.end();
  assertEquals(await waiting, null);
});

Deno.test("discarded bytes are not read", async () => {
  const { received } = start();
  received.push(bytes("ab"));
  received.discard();
  assertEquals([await readText(received), received.waiting], [null, 0]);
});

Deno.test("a source is paused once above the limit, and resumed once below it", async () => {
  const { received, told } = start(4);
  for (const text of ["ab", "cd", "ef", "gh"]) received.push(bytes(text));
  assertEquals(told, ["pause"]);
  while (received.waiting > 0) await readText(received, 1);
  assertEquals(told, ["pause", "resume"]);
});
