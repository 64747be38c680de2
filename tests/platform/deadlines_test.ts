import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/platform/mod.ts";

/** Runs `body` with a clock that only changes when it is set; timers follow the real one. */
async function withClock(body: (set: (now: number) => void) => Promise<void>): Promise<void> {
  let now = 0;
  const { now: real } = performance;
  performance.now = () => now;
  try {
    await body((time) => now = time);
  } finally {
    performance.now = real;
  }
}

/** Starts three in any order, and returns those that have expired when the last has. */
async function expire(set: (now: number) => void, then: Record<string, number>): Promise<string[]> {
  const deadlines = new Deadlines();
  const expired: string[] = [];
  await new Promise<void>((resolve) => {
    const start = (ms: number, name: string) =>
      deadlines.start(ms, () => {
        expired.push(name);
        if (then[name] !== undefined) set(then[name]);
        if (name === "long") resolve();
      });
    start(60, "long");
    start(5, "short");
    start(30, "middle");
    set(then.first!);
  });
  return expired;
}

Deno.test("deadlines expire in order of time, not of their start", async () => {
  await withClock(async (set) => {
    const expired = await expire(set, { first: 6, short: 31, middle: 61 });
    assertEquals(expired, ["short", "middle", "long"]);
  });
});

Deno.test("deadlines that passed while the event loop was busy expire in order", async () => {
  await withClock(async (set) => {
    assertEquals(await expire(set, { first: 100 }), ["short", "middle", "long"]);
  });
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
