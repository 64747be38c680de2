/** `deno task reliability` counts the tests' reports, and detects a broken promise. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, resolve, toFileUrl } from "@std/path";
import { reliabilityPage } from "../../scripts/reliability/page.ts";
import { type Promised, PROMISES } from "../../scripts/reliability/promises.ts";
import { testPromises } from "../../scripts/reliability/run.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";

const root = fromFileUrl(import.meta.resolve("../.."));
const FACTS = { minutes: 0, seed: 1, commit: "abc1234", seconds: 2 };

/** A promise whose test runs `body`. */
async function promised(sandbox: Sandbox, name: string, body: string): Promise<Promised> {
  const tally = toFileUrl(resolve(root, "tests/support/tally.ts"));
  const file = sandbox.path(`${name}_test.ts`);
  await Deno.writeTextFile(
    file,
    `import { fuzzSeed, tally } from "${tally}"; Deno.test("${name}", () => { ${body} });`,
  );
  const how = "by a test of this test";
  return { name, promise: `Promise ${name}`, how, files: [file], losses: ["lost"], needs: "luck" };
}

function run(promises: readonly Promised[], directory: string, ms = 0) {
  return testPromises(promises, { directory, seed: 1, ms, onRun() {} });
}

Deno.test("a promise is tested with tiny counts, and its page has the counts", async () => {
  const outcomes = await run(PROMISES.filter(({ name }) => name === "half-close"), root);
  assertEquals(outcomes.map(({ runs, failures }) => [runs, failures]), [[1, []]]);
  const page = await reliabilityPage(outcomes, FACTS);
  assertStringIncludes(page, "kept");
  assertStringIncludes(page, "half-closed connections: 2, answers cut short: 0");
});

Deno.test("a failed test, or a loss that no test fails for, breaks a promise", async () => {
  await using sandbox = await makeSandbox();
  const outcomes = await run([
    await promised(sandbox, "kept", "tally({ lost: 0, seen: 2 }); tally({ seen: 3 });"),
    await promised(sandbox, "loses", "tally({ lost: 1 });"),
    await promised(sandbox, "throws", 'tally({ lost: 0 }); throw new Error("it broke");'),
    await promised(sandbox, "skipped", ""),
  ], sandbox.directory);
  const [kept, loses, throws] = outcomes.map(({ failures }) => failures.join());
  assertEquals(kept, "");
  assertStringIncludes(loses!, "1 lost");
  assertStringIncludes(throws!, "it broke");
  const page = await reliabilityPage(outcomes, FACTS);
  assertStringIncludes(page, "seen: 5, lost: 0");
  assertEquals(page.match(/\| +broken/g)?.length, 2);
  assertStringIncludes(page, "not tested: needs luck");
});

Deno.test("rounds go on until the time is over, each with another seed", async () => {
  await using sandbox = await makeSandbox();
  const [outcome] = await run(
    [await promised(sandbox, "again", "tally({ [`seed ${fuzzSeed(0)}`]: 1 });")],
    sandbox.directory,
    8000,
  );
  assert(outcome!.runs > 1);
  assertEquals(
    [...outcome!.counts],
    Array.from({ length: outcome!.runs }, (_, at) => [
      `seed ${at + 1}`,
      1,
    ]),
  );
});

Deno.test("every promise names test files that exist", () => {
  for (const { files } of PROMISES) for (const file of files) Deno.statSync(resolve(root, file));
});
