import { assertEquals } from "@std/assert";
import { repeatTable } from "../../scripts/test/repeat.ts";
import { readReport } from "../../scripts/test/report.ts";
import { countLine, failureLines } from "../../scripts/test/summary.ts";
import { FileClock, readDuration, slowestLines } from "../../scripts/test/timing.ts";
import { makeSandbox } from "../support/mod.ts";

const TESTS = `
Deno.test("a & <b> 'passes'", () => {});
Deno.test("it's \\"wrong\\"", async (t) => {
  await t.step("part", () => { throw new Error("x"); });
});
Deno.test.ignore("left out", () => {});
`;

for (const files of [["some_test.ts"], ["some_test.ts", "other_test.ts"]]) {
  Deno.test(`a report names the tests of ${files.join(" and ")} with file and outcome`, async () => {
    await using sandbox = await makeSandbox();
    await Deno.writeTextFile(sandbox.path("some_test.ts"), TESTS);
    await Deno.writeTextFile(sandbox.path("other_test.ts"), "");
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--no-config", "--parallel", ...files],
      cwd: sandbox.directory,
      stderr: "null",
    }).output();
    assertEquals(success, false);
    const results = readReport(new TextDecoder().decode(stdout));
    assertEquals(results.map(({ file, name, outcome }) => [file, name, outcome]), [
      ["some_test.ts", "a & <b> 'passes'", "passed"],
      ["some_test.ts", `it's "wrong"`, "failed"],
      ["some_test.ts", "left out", "ignored"],
    ]);
    assertEquals(countLine(results), "1 passed, 1 failed, 1 skipped");
    assertEquals(failureLines(results), [
      `some_test.ts: it's "wrong"`,
      `  scripts/deno task test some_test.ts --filter 'it'\\''s "wrong"'`,
    ]);
  });
}

Deno.test("durations are read as Deno prints them", () => {
  const texts = ["1m12s", "3s", "264ms", "149µs", "2m", "0ms"];
  assertEquals(texts.map(readDuration), [72_000, 3000, 264, 0.149, 120_000, 0]);
});

Deno.test("the duration of a file is from the start of its first test to the end of its last", () => {
  const clock = new FileClock();
  const print = (text: string, at: number) => clock.read(new TextEncoder().encode(text), at);
  print("./a_test.ts => one ... ok (1s)\n./b_test.ts => o", 2000);
  print("ne ... ok (2ms)\nsomething else\n", 2500);
  print("./a_test.ts => two ... \x1b[32mok\x1b[0m \x1b[38;5;245m(4s)\x1b[0m\n", 7000);
  assertEquals(clock.seconds(), [["a_test.ts", 6], ["b_test.ts", 0.002]]);
  assertEquals(slowestLines(clock.seconds(), 1), [
    "The slowest of 2 files, which take 6.0 s together:",
    "    6.0 s  a_test.ts",
  ]);
});

Deno.test("the table of runs has a line for each run and counts the failures", () => {
  const failed = { file: "a_test.ts", name: "a", outcome: "failed" } as const;
  const passed = { ...failed, outcome: "passed" } as const;
  assertEquals(
    repeatTable([
      { busy: false, seconds: 61.4, success: true, results: [passed], files: [], unstable: [] },
      { busy: true, seconds: 120, success: false, results: [failed], files: [], unstable: [] },
    ]),
    [
      "   1  ok               61 s  1 passed, 0 failed, 0 skipped",
      "   2  FAILED  busy    120 s  0 passed, 1 failed, 0 skipped",
      "failed 1 of 2: a_test.ts: a",
    ],
  );
});
