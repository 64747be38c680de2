/** What a run of `deno test` reported, read from its JUnit file. */

export interface TestResult {
  /** Relative to the project's folder, such as `tests/cli/parse_test.ts`. */
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "ignored";
  readonly seconds: number;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

/**
 * Reads a JUnit file as `deno test --junit-path` writes it.
 *
 * @param text The file's content.
 * @returns the tests in the order of the file, without their steps.
 */
export function readReport(text: string): TestResult[] {
  const results: TestResult[] = [];
  for (
    const [, attributes, body = ""] of text.matchAll(
      /<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs,
    )
  ) {
    const read = (name: string) =>
      unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes!)?.[1] ?? "");
    const name = read("name");
    const file = read("classname").replace(/^\.\//, "");
    // The steps of a test follow it.
    const isStep = results.some((test) => test.file === file && name.startsWith(`${test.name} > `));
    if (isStep) continue;
    results.push({
      file,
      name,
      outcome: /<(?:failure|error)\b/.test(body)
        ? "failed"
        : /<skipped\b/.test(body)
        ? "ignored"
        : "passed",
      seconds: Number(read("time")),
    });
  }
  return results;
}

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal));
  });
}

/** A word in single quotes, as a shell reads it. */
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
