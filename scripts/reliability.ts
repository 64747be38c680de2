/**
 * Tests sessionctl's promises repeatedly with different seeds, and writes docs/reliability.md with
 * the counts.
 *
 *   deno task reliability
 *   deno task reliability --minutes N    the time, 10 by default; each promise is tested once at least
 *   deno task reliability --seed N       the seed of the first round; by default, a random one
 *   deno task reliability --only NAME    one promise (scripts/reliability/promises.ts)
 *   deno task reliability --to FILE      another page than docs/reliability.md
 *
 * The exit code is 1 if a promise is broken, and 2 for a wrong option.
 */
import { parseArgs } from "@std/cli/parse-args";
import { join, resolve } from "@std/path";
import { commitOf } from "./bench/lib/mod.ts";
import { reliabilityPage, verdictOf } from "./reliability/page.ts";
import { PROMISES } from "./reliability/promises.ts";
import { testPromises } from "./reliability/run.ts";

const root = resolve(import.meta.dirname!, "..");

function refuse(message: string): never {
  console.error(`reliability: ${message}`);
  Deno.exit(2);
}

const options = parseArgs(Deno.args, {
  string: ["minutes", "seed", "only", "to"],
  unknown: (name) => refuse(`unknown option ${name}`),
});
const minutes = Number(options.minutes ?? 10);
if (!(minutes >= 0)) refuse("--minutes must be a number");
const seed = Number(options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]! % 1e9);
if (!Number.isSafeInteger(seed)) refuse("--seed must be a whole number");
const chosen = PROMISES.filter(({ name }) => options.only === undefined || options.only === name);
if (chosen.length === 0) {
  refuse(`no promise ${options.only}; one of ${PROMISES.map(({ name }) => name).join(", ")}`);
}
const compiled = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", join(root, "scripts", "compile.ts"), "--if-changed"],
}).spawn().status;
if (!compiled.success) Deno.exit(1);
// Read first, because writing the page makes the working copy differ from its commit.
const commit = await commitOf(root);
const started = performance.now();
const outcomes = await testPromises(chosen, {
  directory: root,
  seed,
  ms: minutes * 60_000,
  onRun({ promised, runs, failures }, seed) {
    const verdict = failures.length > 0 ? "BROKEN" : "ok";
    console.log(`${verdict}: ${promised.name}, run ${runs}, seed ${seed}`);
    for (const failure of failures) console.error(failure);
  },
});
const seconds = (performance.now() - started) / 1000;
const page = resolve(options.to as string | undefined ?? join(root, "docs", "reliability.md"));
await Deno.writeTextFile(
  page,
  await reliabilityPage(outcomes, { minutes, seed, commit, seconds }),
);
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page], cwd: root }).spawn()
  .status;
for (const outcome of outcomes) console.log(`${outcome.promised.promise}: ${verdictOf(outcome)}`);
Deno.exit(outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0);
