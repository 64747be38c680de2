/** Groups of test files in one isolate give the same results as files of their own. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { groupsOf, missingPaths, testFilesOf } from "../../scripts/test/group.ts";
import { rerunFailed, type Run, type RunOptions, runTests } from "../../scripts/test/run.ts";
import { LONG_TESTS, SLOW_TESTS } from "../../scripts/test/slow.ts";
import { failureLines } from "../../scripts/test/summary.ts";
import { makeSandbox } from "../support/mod.ts";

const ASSERT = import.meta.resolve("@std/assert");
const FILES: Record<string, string> = {
  "a_test.ts": `
    import { assertEquals } from "${ASSERT}";
    Deno.test("stands => here", () => {});
    Deno.test({ name: "has options", fn() {} });
    Deno.test("has options, too", { sanitizeOps: false }, () => {});
    Deno.test(function isNamed() {});
    Deno.test.ignore("left out", () => {});
    Deno.test("compares", () => assertEquals([1], [2]));
    Deno.test("prints", () => console.log("some text"));
  `,
  "below/b_test.ts": `
    Deno.test("has steps", async (t) => {
      await t.step("one", () => {});
      await t.step("two", () => { throw new Error("the second"); });
    });
    Deno.test("throws", () => { throw new Error("another"); });
  `,
  "below/c_test.ts": `Deno.test("loads late", async () => { await import("./helper.ts"); });`,
  "below/helper.ts": `export {};`,
};
/** Throws an error outside of its tests. */
const THROWS = `
  Deno.test("is interrupted", async () => {
    setTimeout(() => { throw new Error("outside"); });
    await new Promise(() => setTimeout(() => {}, 60_000));
  });
`;

/** Runs the files, and passes the run to `body` while they still exist. */
async function run(
  files: Record<string, string>,
  groupSize: number,
  body: (run: Run, options: RunOptions) => Promise<void> | void,
): Promise<void> {
  await using sandbox = await makeSandbox();
  await Deno.mkdir(sandbox.path("tests/below"), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(sandbox.path("tests", name), text);
  }
  const show = new WritableStream<Uint8Array>();
  const options = { directory: sandbox.path("tests"), selection: ["."], groupSize, show };
  await body(await runTests(options), options);
}

/** The results in an order of their own, because files run in parallel. */
const inOrder = ({ results }: Run) =>
  results.map(({ file, name, outcome, text = "" }) =>
    [file, name, outcome, /\b(?:not equal|second|another)\b/.exec(text)?.[0] ?? ""].join(" | ")
  ).sort();

Deno.test("a group reports the same tests, files, outcomes and texts as its files alone", async () => {
  let alone: string[] = [];
  await run(FILES, 1, (result) => {
    alone = inOrder(result);
  });
  assertEquals(alone.length, 10);
  assert(alone.includes("below/b_test.ts | throws | failed | another"), alone.join("\n"));
  await run(FILES, 4, (result) => {
    assertEquals(inOrder(result), alone);
    assertEquals(result.files.map(([file]) => file).sort(), [
      "a_test.ts",
      "below/b_test.ts",
      "below/c_test.ts",
    ]);
  });
});

Deno.test("an error outside of the tests is that of the file whose test it interrupts", async () => {
  const files = { ...FILES, "below/d_test.ts": THROWS, "e_test.ts": FILES["below/c_test.ts"]! };
  await run({ ...files, "helper.ts": "" }, 10, ({ success, results }) => {
    assertEquals(success, false);
    const lines = failureLines(results).filter((line) => !line.startsWith(" "));
    assertEquals(lines.slice(-2), [
      "below/d_test.ts: uncaught error; cancelled tests: 1",
      "e_test.ts: cancelled tests: 1",
    ]);
    const text = results.find(({ name }) => name === "(uncaught error)")?.text ?? "";
    assertStringIncludes(text, "Error: outside");
  });
});

Deno.test("files whose tests were cancelled by another file of the group run again, too", async () => {
  const once = `
    const first = await Deno.writeTextFile(import.meta.filename + ".mark", "", { createNew: true })
      .then(() => true, () => false);
    Deno.test("waits", () => {
      if (first) setTimeout(() => { throw new Error("outside"); });
      return new Promise((resolve) => setTimeout(resolve, 100));
    });
  `;
  const others = Object.fromEntries(
    Array.from({ length: 7 }, (_, at) => [`b${at}_test.ts`, `Deno.test("stands", () => {});`]),
  );
  await run({ "a_test.ts": once, ...others }, 8, async (first, options) => {
    assertEquals(first.success, false);
    const { success, results } = await rerunFailed(first, options);
    assert(success, failureLines(results).join("\n"));
    assertEquals(results.filter(({ outcome }) => outcome === "passed").length, 8);
  });
});

for (
  const [what, text] of [
    ["imports a missing file", `import "./nowhere.ts";`],
    ["throws", `throw new Error("at once");`],
    [
      "throws later",
      `Promise.reject(new Error("later")); await new Promise((go) => setTimeout(go));`,
    ],
  ] as const
) {
  Deno.test(`a file that ${what} while it is loaded fails, and the others of its group run`, async () => {
    const files = { "a_test.ts": text, "b_test.ts": `Deno.test("b", () => {});` };
    await run(files, 2, ({ results }) => {
      assertEquals(results.map(({ file, name, outcome }) => [file, name, outcome]), [
        ["a_test.ts", "(uncaught error)", "failed"],
        ["b_test.ts", "b", "passed"],
      ]);
    });
  });
}

Deno.test("a group has neighbours of the selection, without what it ignores", async () => {
  await run(FILES, 1, (_, { directory }) => {
    const files = testFilesOf(directory, ["--ignore=below/b_test.ts", "."]);
    assertEquals(files, ["a_test.ts", "below/c_test.ts"]);
    assertEquals(testFilesOf(directory, ["--ignore=below/", "."]), ["a_test.ts"]);
    assertEquals(testFilesOf(directory, ["below/b_test.ts"]), ["below/b_test.ts"]);
  });
  assertEquals(groupsOf(["a", "b", "c"], 2), [["a", "b"], ["c"]]);
});

Deno.test("the files that take long are the first groups, each alone", () => {
  const files = ["a", "b", "c", "d"];
  assertEquals(groupsOf(files, 2, ["d", "b", "elsewhere"]), [["d"], ["b"], ["a", "c"]]);
});

Deno.test("every file that the runner names exists", () => {
  const root = fromFileUrl(import.meta.resolve("../.."));
  assertEquals(missingPaths(root, [...SLOW_TESTS, ...LONG_TESTS]), []);
});

Deno.test("a path that does not exist is named, with what to do, and nothing runs", async () => {
  const root = fromFileUrl(import.meta.resolve("../.."));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/test.ts", "tests/cli", "tests/none_test.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [2, ""]);
  assertEquals(
    new TextDecoder().decode(stderr),
    "deno task test: tests/none_test.ts does not exist; paths are relative to the project's folder\n" +
      "name a test file or a folder, such as tests/cli, or select tests with --filter NAME\n",
  );
});
