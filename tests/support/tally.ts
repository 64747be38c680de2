/**
 * Adds counts to the page of `deno task reliability`, if that runs the test. A test calls this
 * before it asserts, so that the page also shows what was lost.
 *
 * @param counts The counts by the words that the page shows them with.
 * @example
 * ```ts
 * tally({ "registrations acknowledged": acknowledged.size, "sessions lost": lost.length });
 * assertEquals(lost, []);
 * ```
 */
export function tally(counts: Readonly<Record<string, number>>): void {
  const file = Deno.env.get("SESSIONCTL_TALLY");
  if (!file) return;
  Deno.writeTextFileSync(file, `${JSON.stringify(counts)}\n`, { append: true, create: true });
}

/** The seed of a fuzz test: the variable `FUZZ_SEED`, or by default `usual`. */
export function fuzzSeed(usual: number): number {
  return Number(Deno.env.get("FUZZ_SEED") ?? usual);
}
