import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { rerunFailed, type Run, runTests } from "../../scripts/test/run.ts";
import { summaryLines } from "../../scripts/test/summary.ts";
import { makeSandbox } from "../support/mod.ts";

const STABLE = `Deno.test("stands", () => {}); Deno.test.ignore("left out", () => {});`;
const BROKEN = `Deno.test("breaks", () => { throw new Error("always"); });`;
/** The first run of the file leaves a marker file, and fails. */
const FIRST_FAILS = `
  const first = await Deno.writeTextFile(import.meta.filename + ".mark", "", { createNew: true })
    .then(() => true, () => false);
  Deno.test("wavers", () => { if (first) throw new Error("only the first time"); });
  Deno.test("stands beside it", () => {});
`;
/** The same outside of a test: the running test and the next are cancelled. */
const FIRST_THROWS = `
  const first = await Deno.writeTextFile(import.meta.filename + ".mark", "", { createNew: true })
    .then(() => true, () => false);
  Deno.test("runs before", () => {});
  Deno.test("is interrupted", async () => {
    if (!first) return;
    setTimeout(() => { throw new Error("outside"); });
    await new Promise(() => setTimeout(() => {}, 60_000));
  });
  Deno.test("never starts", () => {});
`;

/** Runs a suite of these files, like `deno task test`. */
async function run(files: Record<string, string>, rerun: boolean): Promise<Run & { last: string }> {
  await using sandbox = await makeSandbox();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(sandbox.path(name), text);
  }
  const show = new WritableStream<Uint8Array>();
  const options = { directory: sandbox.directory, selection: Object.keys(files), show };
  const first = await runTests(options);
  const result = rerun ? await rerunFailed(first, options) : first;
  return { ...result, last: summaryLines(result).join("\n") };
}

Deno.test("a module that throws is named, and the tests it cancels count as failed", async () => {
  const files = { "stable_test.ts": STABLE, "throws_test.ts": FIRST_THROWS };
  const { success, last } = await run(files, false);
  assertEquals(success, false);
  assertEquals(
    last,
    `
Failed tests:
throws_test.ts: uncaught error; cancelled tests: 2
  scripts/deno task test throws_test.ts
FAILED
2 passed, 3 failed, 1 skipped`,
  );
});

Deno.test("a run that ends before its summary has failed", async () => {
  const killed = `Deno.test("ends all", () => Deno.kill(Deno.pid, "SIGKILL"));`;
  const missing = `import "./nowhere.ts";`;
  for (const text of [killed, missing]) {
    const { success, last } = await run({ "stable_test.ts": STABLE, "a_test.ts": text }, true);
    assertEquals(success, false);
    assertStringIncludes(last, "deno test ended before it counted");
    assertMatch(last, /FAILED\n\d passed, 1 failed, \d skipped$/);
  }
});

Deno.test("a file that passes when it runs again passes the run, and is named as unstable", async () => {
  const files = { "a_test.ts": STABLE, "b_test.ts": FIRST_FAILS, "c_test.ts": FIRST_THROWS };
  const { success, last } = await run(files, true);
  assert(success, last);
  const [, failures] = last.split("UNSTABLE TESTS");
  assertStringIncludes(
    failures!,
    `
b_test.ts: wavers
  scripts/deno task test b_test.ts --filter wavers --repeat 20 --busy 10
    error: Error: only the first time
`,
  );
  assertStringIncludes(
    failures!,
    `
c_test.ts: uncaught error; cancelled tests: 2
  scripts/deno task test c_test.ts --repeat 20 --busy 10
    error: Error: outside
`,
  );
  assertMatch(last, /!{80}\nok\n6 passed, 0 failed, 1 skipped$/);
});

Deno.test("a file that fails again fails the run, and hides no unstable one", async () => {
  const { success, last } = await run({ "a_test.ts": FIRST_FAILS, "b_test.ts": BROKEN }, true);
  assertEquals(success, false);
  assertStringIncludes(
    last,
    "Failed tests:\nb_test.ts: breaks\n  scripts/deno task test b_test.ts --filter breaks\n",
  );
  assertStringIncludes(last, "a_test.ts: wavers");
  assertMatch(last, /\nFAILED\n2 passed, 1 failed, 0 skipped$/);
});

Deno.test("when more than five files fail, none runs again", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [`${at}_test.ts`, FIRST_FAILS]),
  );
  const { success, last } = await run(many, true);
  assertEquals(success, false);
  assertMatch(last, /\nFAILED\n6 passed, 6 failed, 0 skipped$/);
});
