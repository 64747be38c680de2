/**
 * `deno task test:windows`: builds sessionctl.exe, and runs the tests of tests/windows and others
 * that concern Windows: on Windows as they are, elsewhere under wine. If wine cannot be installed,
 * it prints the reason and exits with 0.
 *
 *   deno task test:windows [--filter=TEXT] [FILE...]   only these tests
 *
 * Each file runs in a process of its own, with a time limit for each test and for the file. A file
 * that fails runs once more, and the last lines name its unstable tests: the runtime panics if a
 * peer closes a pipe while a read begins (tokio-rs/mio 1819), which happens under wine.
 */
import { join, resolve } from "@std/path";
import { unpackPackage } from "./npm_package.ts";
import { prepareOnce } from "./prepare_once.ts";
import { installWine } from "./windows/wine.ts";
import { failed, readReport, type TestResult } from "./test/report.ts";
import { summaryLines } from "./test/summary.ts";

/** Deno for Windows, which runs the tests; sessionctl.exe has its own runtime. */
const DENO = {
  name: "@deno/win32-x64",
  version: "2.9.6",
  integrity:
    "sha512-qRGnmVz/Ea6UWPht/S3xFRK17UZ/ls38DSVfgGB17fpASLxPkksqzWUI/BzL9YYoOknYzfc94mySGyInZu/JXw==",
};
const FILES = [
  "tests/windows/",
  "tests/platform/windows_path_test.ts",
  "tests/platform/paths_test.ts",
  "tests/platform/received_bytes_test.ts",
];

const root = resolve(import.meta.dirname!, "..");
const say = (line: string) => console.error(`test:windows: ${line}`);

type RunTests = (args: readonly string[]) => Promise<{ success: boolean; output: string }>;

const started = Date.now();
const run = Deno.build.os === "windows" ? runHere : await underWine();
await compile();
const isOption = (arg: string) => arg.startsWith("-");
const options = Deno.args.filter(isOption);
const named = Deno.args.filter((arg) => !isOption(arg));
const results: TestResult[] = [];
const unstable: TestResult[] = [];
for (const file of testFiles(named.length > 0 ? named : FILES)) {
  const first = await runFile(run, file, options);
  const failures = failed(first);
  results.push(...failures.length > 0 ? await runFile(run, file, options) : first);
  unstable.push(...failures);
}
const success = failed(results).length === 0 && results.length > 0;
// Files that failed twice are not unstable.
const broken = new Set(failed(results).map(({ file }) => file));
const lines = summaryLines({
  success,
  results,
  unstable: unstable.filter(({ file }) => !broken.has(file)),
});
console.log(lines.slice(0, -1).join("\n"));
say(`took ${Math.round((Date.now() - started) / 1000)} s`);
console.log(lines.at(-1));
Deno.exit(success ? 0 : 1);

/** Runs the tests on Windows, with the current Deno. */
async function runHere(args: readonly string[]): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stderr: "inherit",
  });
  const { success, stdout } = await child.output();
  const output = new TextDecoder().decode(stdout);
  console.log(output);
  return { success, output };
}

async function underWine(): Promise<RunTests> {
  const wine = await installWine(root, say).catch((error: Error) => {
    say(`skipped, because wine cannot be installed: ${error.message}`);
    Deno.exit(0);
  });
  const deno = await installDeno();
  return (args) => wine.run([deno, ...args]);
}

/** The test files in the given folders, and the given files. */
function testFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!Deno.statSync(join(root, path)).isDirectory) return [path];
    return Array.from(Deno.readDirSync(join(root, path)), ({ name }) => name)
      .filter((name) => name.endsWith("_test.ts")).sort().map((name) => `${path}${name}`);
  });
}

/** @returns its path, relative to the repository's folder. */
async function installDeno(): Promise<string> {
  const home = `build/deno-windows-${DENO.version}`;
  await prepareOnce(
    join(root, home),
    DENO.integrity,
    (directory) => unpackPackage(DENO, ["package/deno.exe"], directory),
  );
  return `${home}/package/deno.exe`;
}

async function compile(): Promise<void> {
  const args = ["run", "-A", "scripts/compile.ts", "--if-changed"];
  const target = ["--target", "x86_64-pc-windows-msvc"];
  const child = new Deno.Command(Deno.execPath(), { args: [...args, ...target], cwd: root })
    .spawn();
  if (!(await child.status).success) Deno.exit(1);
}

/** @returns the results; a run that ended abnormally has a failure. */
async function runFile(
  run: RunTests,
  file: string,
  options: readonly string[],
): Promise<TestResult[]> {
  const args = ["test", "--allow-all", "--no-check", "--cached-only", ...options, file];
  const { success, output } = await run(args);
  const results = readReport(output.replaceAll("\r", "").replaceAll("\\", "/"))
    .map((result) => result.file === "" ? { ...result, file } : result);
  if (success || failed(results).length > 0) return results;
  return [...results, { file, name: "the run failed", outcome: "failed" }];
}
