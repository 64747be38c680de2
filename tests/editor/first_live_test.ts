/** Which candidates are asked, and when, until the first live one of a ranking is known. */
import { assertEquals } from "@std/assert";
import { firstLive } from "../../src/editor/mod.ts";

Deno.test("only a few candidates are asked concurrently, and each only once, however many hang", async () => {
  const asked: number[] = [];
  let asking = 0;
  let most = 0;
  const hang = Promise.withResolvers<"unresponsive">();
  const found = firstLive(Array.from({ length: 100 }, (_, i) => i), {
    concurrency: 16,
    patienceMs: 1,
    async probe(i) {
      asked.push(i);
      most = Math.max(most, ++asking);
      if (asking === 16) setTimeout(() => hang.resolve("unresponsive"), 20);
      const verdict = i === 99 ? "live" : await hang.promise;
      asking--;
      return verdict;
    },
  });
  assertEquals(await found, { value: 99, liveness: "live" });
  assertEquals(most, 16);
  assertEquals(asked, Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("a lower candidate that is live waits for the verdicts on those above it", async () => {
  const first = Promise.withResolvers<"live" | "dead">();
  const lower = Promise.withResolvers<void>();
  const found = firstLive(["first", "second"], {
    concurrency: 16,
    patienceMs: 1,
    probe(name) {
      if (name === "first") return first.promise;
      lower.resolve();
      return Promise.resolve("live");
    },
  });
  await lower.promise;
  first.resolve("live");
  assertEquals(await found, { value: "first", liveness: "live" });
});

Deno.test("where no candidate is live, the first that may still answer is found, and dead ones are reported", async () => {
  const dead: string[] = [];
  const options = {
    concurrency: 16,
    patienceMs: 1,
    onDead: (name: string) => void dead.push(name),
  };
  const verdicts = { a: "dead", b: "forbidden", c: "unresponsive", d: "unresponsive" } as const;
  const probe = (name: string) => Promise.resolve(verdicts[name as keyof typeof verdicts]);
  const found = await firstLive(["a", "b", "c", "d"], { ...options, probe });
  assertEquals(found, { value: "c", liveness: "unresponsive" });
  assertEquals(await firstLive(["a", "b"], { ...options, probe }), undefined);
  assertEquals(dead, ["a", "a"]);
});
