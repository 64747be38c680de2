import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/platform/mod.ts";
import { makeSandbox } from "../support/mod.ts";

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

/** Keeps this process from doing anything else. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

Deno.test("deadlines expire in order of time, not of their start", async () => {
  await withClock(async (set) => {
    const expired = await expire(set, { first: 6, short: 31, middle: 61 });
    assertEquals(expired, ["short", "middle", "long"]);
  });
});

Deno.test("deadlines that passed while the event loop was busy expire in order", async () => {
  const deadlines = new Deadlines();
  const expired: number[] = [];
  const all = [60, 5, 30].map((ms) =>
    new Promise<void>((resolve) =>
      deadlines.start(ms, () => {
        expired.push(ms);
        resolve();
      })
    )
  );
  block(200);
  await Promise.all(all);
  assertEquals(expired, [5, 30, 60]);
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

Deno.test("an answer that arrived while this process could not run is in time", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("peer.sock");
  const listener = Deno.listen({ transport: "unix", path });
  const conn = await Deno.connect({ transport: "unix", path });
  const peer = await listener.accept();
  const deadlines = new Deadlines();
  let expired = false;
  const met = deadlines.start(30, () => expired = true);
  await peer.write(new Uint8Array(1));
  const answered = conn.read(new Uint8Array(1)).then(met);
  block(200);
  await answered;
  assertEquals(expired, false);
  for (const one of [conn, peer, listener]) one.close();
});

Deno.test("a time limit is extended only once, and by no more than 250 ms", async () => {
  const deadlines = new Deadlines();
  const started = performance.now();
  const expired = Promise.withResolvers<number>();
  deadlines.start(10, () => expired.resolve(performance.now() - started));
  // Each time the extended limit ends, this process is busy again.
  for (let round = 0; round < 3; round++) {
    block(320);
    await new Promise((resolve) => setTimeout(resolve));
  }
  const passed = await expired.promise;
  assertEquals([passed > 320, passed < 3 * 320 + 250], [true, true], `${passed} ms`);
});
