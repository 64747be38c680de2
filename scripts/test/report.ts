/** The results of a run of `deno test --parallel`, parsed from its output. */

export interface TestResult {
  /** Relative to the project's folder, such as `tests/cli/parse_test.ts`; empty where unknown. */
  readonly file: string;
  /** The test's name, or {@linkcode UNCAUGHT} for the module itself. */
  readonly name: string;
  /** `cancelled`: the test did not end, because its module failed. */
  readonly outcome: "passed" | "failed" | "cancelled" | "ignored";
  /** What Deno printed about the failure. */
  readonly text?: string;
}

/** The name of the failure of a module that throws an error outside of its tests. */
export const UNCAUGHT = "(uncaught error)";

const OUTCOMES = {
  ok: "passed",
  FAILED: "failed",
  cancelled: "cancelled",
  ignored: "ignored",
} as const;

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
/** The line of a test in a run of several files. */
const OF_SEVERAL =
  /^(?:\.\/|(?=\.\.\/))(\S+) => (.*) \.\.\. (ok|FAILED|cancelled|ignored)(?: \([^)]*\))*$/;
/** The lines of a run of one file. */
const ONE_FILE = /^running \d+ tests? from \.\/(\S+)$/;
const OF_ONE = /^(\S.*) \.\.\. (ok|FAILED|cancelled|ignored)(?: \([^)]*\))*$/;
/** The line of a module that threw an error outside of its tests. */
const MODULE = /^Uncaught error from (?:\.\/)?(\S+) FAILED$/;
/** The counts in Deno's last line. */
const COUNTS = /^(?:ok|FAILED) \| \d+ passed(?: \(\d+ steps?\))? \| (\d+) failed\b/gm;

/** Reads the line of a test, or of a failed module. `current` is the file of a run of one file. */
export function readLine(coloured: string, current: string): TestResult | undefined {
  const line = coloured.replaceAll(COLOURS, "");
  const module = MODULE.exec(line)?.[1];
  if (module !== undefined) return { file: module, name: UNCAUGHT, outcome: "failed" };
  const [file, name, outcome] = OF_SEVERAL.exec(line)?.slice(1) ??
    [current, ...OF_ONE.exec(line)?.slice(1) ?? []];
  if (name === undefined) return undefined;
  return { file: file!, name, outcome: OUTCOMES[outcome as keyof typeof OUTCOMES] };
}

/** Removes the steps of tests, whose names are "TEST ... STEP". */
function withoutSteps(results: readonly TestResult[]): TestResult[] {
  const tests = new Set(results.map(({ file, name }) => `${file} ${name}`));
  return results.filter(({ file, name }) => {
    const parts = name.split(" ... ");
    return !parts.slice(1).some((_, at) =>
      tests.has(`${file} ${parts.slice(0, at + 1).join(" ... ")}`)
    );
  });
}

/**
 * Reads the texts of the failures. Each begins with a line that the list of failures at the end
 * repeats: "NAME => PLACE", where the place may be that of a helper, or "./FILE (uncaught error)".
 *
 * @returns the texts by that line without its place; tests of one name share a key.
 */
function readTexts(text: string): Map<string, string[]> {
  const [, errors = ""] = text.split("\n ERRORS \n", 2);
  const end = errors.lastIndexOf("\n FAILURES \n");
  const titles = new Set(errors.slice(end).split("\n").filter((line) => /^\S/.test(line)));
  const texts = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of errors.slice(0, end).split("\n")) {
    if (titles.has(line)) {
      const key = line.replace(/ => \S+$/, "");
      current = [...texts.get(key) ?? [], ""];
      texts.set(key, current);
    } else if (current.length > 0) {
      current[current.length - 1] += `${line}\n`;
    }
  }
  return texts;
}

/** Adds to each failed test the text of its failure, and of its failed steps. */
function withTexts(results: readonly TestResult[], texts: Map<string, string[]>): TestResult[] {
  return results.map((result) => {
    if (result.outcome !== "failed") return result;
    const key = result.name === UNCAUGHT
      ? `${result.file.startsWith("../") ? "" : "./"}${result.file} ${UNCAUGHT}`
      : result.name;
    const own = [...texts].filter(([title]) => title === key || title.startsWith(`${key} ... `));
    const found = own.map(([, list]) => list.shift()?.trim() ?? "").filter((text) => text !== "");
    return found.length === 0 ? result : { ...result, text: found.join("\n\n") };
  });
}

/**
 * Reads the output of `deno test`. Its JUnit report cannot be used: it assigns a test to the file
 * that calls `Deno.test`, which is a helper for many of our tests.
 *
 * @returns the tests in the order of their ends, without their steps. Failures that Deno counted
 * but did not name, and a run that ended before the counts, are failures without a file.
 */
export function readReport(output: string): TestResult[] {
  const text = output.replaceAll(COLOURS, "");
  const read: TestResult[] = [];
  let current = "";
  for (const line of text.split("\n")) {
    if (line === " ERRORS ") break;
    current = ONE_FILE.exec(line)?.[1] ?? current;
    const result = readLine(line, current);
    if (result !== undefined) read.push(result);
  }
  const results = withTexts(withoutSteps(read), readTexts(text));
  const counted = [...text.matchAll(COUNTS)].at(-1)?.[1];
  if (counted === undefined) {
    results.push({ file: "", name: "deno test ended before it counted", outcome: "failed" });
  }
  for (let missing = Number(counted ?? 0) - failed(results).length; missing > 0; missing--) {
    results.push({ file: "", name: "a failure that deno test did not name", outcome: "failed" });
  }
  return results;
}

/** The tests and modules that failed, and the tests that did not end, because their module failed. */
export function failed(results: readonly TestResult[]): TestResult[] {
  return results.filter(({ outcome }) => outcome === "failed" || outcome === "cancelled");
}
