import { assert, assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { assertNothingLeft, shell, startParent } from "./support.ts";

Deno.test("a thousand quick crashes each wait for their pause, and leave no resources behind", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, shell("echo x; exit 1", false), {
    backoff: { firstMs: 0.25, longestMs: 2, jitter: 0.2 },
    giveUpAfter: 999,
  });
  await parent.ended;
  const said = parent.said();
  const pauses = said.filter(({ type }) => type === "restarting");
  assertEquals(pauses.map(({ attempt }) => attempt), Array.from({ length: 999 }, (_, i) => i + 1));
  for (const { attempt, afterMs } of pauses) {
    const plain = Math.min(2, 0.25 * 2 ** (attempt - 1));
    assert(afterMs >= plain * 0.8 && afterMs <= 2, `${attempt}: ${afterMs}`);
  }
  assertEquals(said.filter(({ type }) => type === "exited").length, 1000);
  assertEquals(parent.lines().length, 1000);
  assertEquals((await parent.says("gave-up")).attempts, 999);
  assertEquals((await parent.says("ended")).exit, { code: 1, signal: null, gaveUp: true });
  await assertNothingLeft(parent);
});
