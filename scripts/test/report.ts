/** The results of a run of `deno test --parallel`, read from what it prints. */

export interface TestResult {
  /** Relative to the project's folder, such as `tests/cli/parse_test.ts`. */
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "ignored";
}

const OUTCOMES = { ok: "passed", FAILED: "failed", ignored: "ignored" } as const;

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
/** The line of a test in a run of several files. */
const OF_SEVERAL = /^\.\/(\S+) => (.*) \.\.\. (ok|FAILED|ignored)(?: \([^)]*\))*$/;
/** The lines of a run of one file. */
const ONE_FILE = /^running \d+ tests? from \.\/(\S+)$/;
const OF_ONE = /^(\S.*) \.\.\. (ok|FAILED|ignored)(?: \([^)]*\))*$/;

/**
 * Reads what `deno test` printed. Its JUnit file is of no help: there, a test belongs to the file
 * that calls `Deno.test`, which for many of ours is a helper.
 *
 * @returns the tests in the order in which they ended, without their steps.
 */
export function readReport(output: string): TestResult[] {
  const results: TestResult[] = [];
  let current = "";
  for (const line of output.replaceAll(COLOURS, "").split("\n")) {
    current = ONE_FILE.exec(line)?.[1] ?? current;
    const [file, name, outcome] = OF_SEVERAL.exec(line)?.slice(1) ??
      [current, ...OF_ONE.exec(line)?.slice(1) ?? []];
    if (name === undefined) continue;
    results.push({ file: file!, name, outcome: OUTCOMES[outcome as keyof typeof OUTCOMES] });
  }
  const tests = new Set(results.map(({ file, name }) => `${file} ${name}`));
  return results.filter(({ file, name }) => {
    // "test ... step": the names of steps begin with their test's.
    const parts = name.split(" ... ");
    return !parts.slice(1).some((_, at) =>
      tests.has(`${file} ${parts.slice(0, at + 1).join(" ... ")}`)
    );
  });
}

/** A word as a shell reads it, in single quotes where it needs them. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The failed tests of a run, each with the command that runs it alone. */
export function failureLines(results: readonly TestResult[]): string[] {
  return results.filter(({ outcome }) => outcome === "failed").flatMap(({ file, name }) => [
    `${file}: ${name}`,
    `  scripts/deno task test ${file} --filter ${quoted(name)}`,
  ]);
}

/** The counts of a run, in the form that continuous integration looks for. */
export function countLine(results: readonly TestResult[]): string {
  const count = (wanted: TestResult["outcome"]) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  return `${count("passed")} passed, ${count("failed")} failed, ${count("ignored")} skipped`;
}
