import { assertEquals } from "@std/assert";
import { sha256 } from "../../src/platform/mod.ts";

/** The runtime's own digest. */
async function expected(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

Deno.test("the digest of a text of any length equals the runtime's", async () => {
  for (let length = 0; length < 200; length++) {
    const text = "/home/ann/é€😀".repeat(20).slice(0, length);
    assertEquals(sha256(text), await expected(text), `${length} characters`);
  }
  const long = "x".repeat(100_000);
  assertEquals(sha256(long), await expected(long));
});
