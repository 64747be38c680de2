import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/platform/mod.ts";

Deno.test("deadlines expire in their order, whichever was started first", async () => {
  let expired: string[];
  let startedWithinMs: number;
  do {
    // Each attempt has its own: what one before it started may still expire.
    const seen: string[] = expired = [];
    const deadlines = new Deadlines();
    await new Promise<void>((resolve) => {
      const begun = performance.now();
      deadlines.start(60, () => (seen.push("long"), resolve()));
      deadlines.start(5, () => seen.push("short"));
      deadlines.start(30, () => seen.push("middle"));
      startedWithinMs = performance.now() - begun;
    });
    // Held up between two starts, the later one may rightly be due later.
  } while (startedWithinMs! > 20);
  assertEquals(expired, ["short", "middle", "long"]);
});

Deno.test("a deadline that was met does not expire", async () => {
  const deadlines = new Deadlines();
  const expired: string[] = [];
  const met = deadlines.start(1, () => expired.push("met"));
  const last = new Promise<void>((resolve) => deadlines.start(20, resolve));
  met();
  await last;
  assertEquals(expired, []);
});

Deno.test("an expiry may start another deadline", async () => {
  const deadlines = new Deadlines();
  await new Promise<void>((resolve) => {
    deadlines.start(1, () => deadlines.start(1, resolve));
  });
});
