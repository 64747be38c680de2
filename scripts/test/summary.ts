import { failed, type TestResult, UNCAUGHT } from "./report.ts";

/** The maximum number of lines of a failure's text that the summary repeats. */
const TEXT_LINES = 40;

/** Quotes a word for a shell if necessary. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command that runs a test, or all tests of a failed module, alone. */
function commandOf({ file, name }: Pick<TestResult, "file" | "name">): string {
  const command = ["scripts/deno task test"];
  if (file !== "") command.push(file);
  if (file !== "" && name !== UNCAUGHT) command.push("--filter", quoted(name));
  return command.join(" ");
}

function titleOf({ file, name }: TestResult, results: readonly TestResult[]): string {
  if (file === "") return name;
  if (name !== UNCAUGHT) return `${file}: ${name}`;
  const { length } = results.filter((each) => each.file === file && each.outcome === "cancelled");
  return `${file}: uncaught error${length === 0 ? "" : `; cancelled tests: ${length}`}`;
}

/** The failed tests and modules of a run, each with the command that runs it alone. */
export function failureLines(results: readonly TestResult[]): string[] {
  const failures = results.filter(({ outcome }) => outcome === "failed");
  const broken = new Set(failures.map(({ file }) => file));
  const cancelled = new Map<string, number>();
  for (const { file, outcome } of results) {
    if (outcome !== "cancelled" || broken.has(file)) continue;
    cancelled.set(file, (cancelled.get(file) ?? 0) + 1);
  }
  return [
    ...failures.flatMap((result) => [titleOf(result, results), `  ${commandOf(result)}`]),
    // Another file of their group threw an error outside of its tests.
    ...[...cancelled].flatMap(([file, count]) => [
      `${file}: cancelled tests: ${count}`,
      `  ${commandOf({ file, name: UNCAUGHT })}`,
    ]),
  ];
}

/** The tests that failed at first and then passed, each with the text of its failure. */
function unstableLines(unstable: readonly TestResult[]): string[] {
  const bar = "!".repeat(80);
  return [
    bar,
    "UNSTABLE TESTS: they failed, and passed when their file ran again, alone.",
    "An unstable test is a defect to be mended (CONTRIBUTING.md, Unstable tests).",
    ...unstable.filter(({ outcome }) => outcome === "failed").flatMap((result) => [
      "",
      titleOf(result, unstable),
      `  ${commandOf(result)} --repeat 20 --busy 10`,
      ...(result.text ?? "").split("\n").slice(0, TEXT_LINES).map((line) =>
        `    ${line}`.trimEnd()
      ),
    ]),
    bar,
  ];
}

/** The line with the counts of a run, in the form that continuous integration reads. */
export function countLine(results: readonly TestResult[]): string {
  const count = (wanted: TestResult["outcome"]) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  return `${count("passed")} passed, ${failed(results).length} failed, ${count("ignored")} skipped`;
}

/** The last lines of a run: the failures with their commands, the unstable tests, the counts. */
export function summaryLines(
  run: { success: boolean; results: readonly TestResult[]; unstable: readonly TestResult[] },
): string[] {
  const failures = failureLines(run.results);
  return [
    ...(failures.length > 0 ? ["", "Failed tests:", ...failures] : []),
    ...(run.unstable.length > 0 ? ["", ...unstableLines(run.unstable)] : []),
    run.success ? "ok" : "FAILED",
    countLine(run.results),
  ];
}
