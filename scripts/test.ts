/**
 * `deno task test`: format check, lint, type check, the binary, then the tests, against the source
 * and against the binary. The type check does not run again while nothing has changed since it last
 * succeeded.
 *
 *   deno task test [FILE...]        type check, build, and only the tests of these files
 *   deno task test --filter NAME    only tests whose name contains NAME
 *   deno task test --slow           only the slow tests (deno task test:slow)
 *   deno task test --all            the slow tests, too
 *   deno task test --repeat N       the tests N times, and a table of the runs
 *   deno task test --busy M         with --repeat: keeps every core busy during the last M runs
 *   deno task test --slowest N      prints the N files that take longest
 *   deno task test --rerun          runs each failed file once more, alone; if it then passes, the
 *                                   run passes and names the unstable tests (for continuous
 *                                   integration)
 *
 * Exit codes: 0: all tests passed; 1: a check or a test failed, or no test has the name; 2: an
 * option is unknown, or a path does not exist.
 */
import { parseArgs } from "@std/cli/parse-args";
import { resolve } from "@std/path";
import { ownImportMap } from "./import_map.ts";
import { BusyCores, repeatTable } from "./test/repeat.ts";
import { missingPaths, testFilesOf } from "./test/group.ts";
import { groupSizeOf, rerunFailed, type Run, type RunOptions, runTests } from "./test/run.ts";
import { SLOW_TESTS } from "./test/slow.ts";
import { summaryLines } from "./test/summary.ts";
import { slowestLines } from "./test/timing.ts";
import { checkIfChanged } from "./test/type_check.ts";

const root = resolve(import.meta.dirname!, "..");
const options = parseArgs(Deno.args, {
  boolean: ["slow", "all", "rerun"],
  string: ["filter", "repeat", "busy", "slowest"],
  unknown: (name, key) => {
    if (key === undefined) return true; // A file.
    console.error(`deno task test: unknown option ${name}`);
    Deno.exit(2);
  },
});
const files = options._.map(String);
const filter = options.filter as string | undefined;
const whole = files.length === 0 && filter === undefined;

async function step(name: string, args: string[]): Promise<boolean> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null" }).spawn();
  const { success } = await child.status;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${success ? "ok" : "FAILED"}: ${name} (${seconds} s)`);
  return success;
}

async function checkTypes(): Promise<boolean> {
  const check = () => step("types", ["task", "--quiet", "check"]);
  const outcome = await checkIfChanged(root, "build/checked.txt", check);
  if (outcome === "unchanged") console.log("ok: types (unchanged since the last check)");
  return outcome !== false;
}

/** The files to test, and those to skip: the end-to-end tests have a separate task. */
function selection(): string[] {
  if (files.length > 0) return files;
  if (options.slow) return [...SLOW_TESTS];
  const left = options.all ? [] : SLOW_TESTS;
  return [`--ignore=${["tests/e2e/", ...left].join(",")}`, "tests/"];
}

const missing = missingPaths(root, selection());
if (missing.length > 0) {
  for (const path of missing) {
    console.error(
      `deno task test: ${path} does not exist; paths are relative to the project's folder`,
    );
  }
  console.error(
    "name a test file or a folder, such as tests/cli, or select tests with --filter NAME",
  );
  Deno.exit(2);
}

const tests: RunOptions = {
  directory: root,
  selection: selection(),
  filter,
  // Each file loads its imports anew.
  importMap: ownImportMap(root),
  // A filter would also be compared with the names of the files of a group.
  groupSize: filter === undefined ? groupSizeOf(testFilesOf(root, selection()).length) : 1,
  show: Deno.stdout.writable,
};

function printSlowest({ files }: Run): void {
  const count = Number(options.slowest ?? 0);
  if (count > 0) console.log(["", ...slowestLines(files, count), ""].join("\n"));
}

async function repeat(times: number, busyTimes: number): Promise<boolean> {
  const runs: (Run & { busy: boolean })[] = [];
  for (let at = 0; at < times; at++) {
    const busy = at >= times - busyTimes;
    await using _load = busy ? new BusyCores() : undefined;
    const result = { ...await runTests(tests), busy };
    runs.push(result);
    printSlowest(result);
    console.log(["", ...repeatTable(runs)].join("\n"));
  }
  return runs.every(({ success }) => success);
}

if (options.rerun && options.repeat !== undefined) {
  console.error("deno task test: --rerun and --repeat exclude each other");
  Deno.exit(2);
}
// Each step leaves a core idle for most of its time, so they run at once.
const steps = await Promise.all([
  ...(whole && !options.slow
    ? [step("format", ["fmt", "--check", "--quiet"]), step("lint", ["lint", "--quiet"])]
    : []),
  checkTypes(),
  step("compile", ["run", "-A", "scripts/compile.ts", "--if-changed"]),
]);
if (steps.includes(false)) Deno.exit(1);
if (options.repeat !== undefined) {
  Deno.exit(await repeat(Number(options.repeat), Number(options.busy ?? 0)) ? 0 : 1);
}
const first = await runTests(tests);
if (first.results.length === 0) {
  console.error("deno task test: no test has that name");
  Deno.exit(1);
}
const run = options.rerun ? await rerunFailed(first, tests) : first;
printSlowest(first);
console.log(summaryLines(run).join("\n"));
Deno.exit(run.success ? 0 : 1);
