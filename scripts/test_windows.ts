/**
 * `deno task test:windows`: builds sessionctl.exe, and runs the tests of tests/windows and others
 * that concern Windows under wine. Where wine cannot be installed, it says why, and ends well.
 *
 *   deno task test:windows [--filter=TEXT] [FILE...]   only these tests
 */
import { join, resolve } from "@std/path";
import { unpackPackage } from "./npm_package.ts";
import { prepareOnce } from "./prepare_once.ts";
import { installWine, type Wine } from "./windows/wine.ts";
import { readReport } from "./test/report.ts";
import { countLine, failureLines } from "./test/summary.ts";

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
];

const root = resolve(import.meta.dirname!, "..");
const say = (line: string) => console.error(`test:windows: ${line}`);

const wine = await installWine(root, say).catch((error: Error) => {
  say(`skipped, because wine cannot be installed: ${error.message}`);
  Deno.exit(0);
});
const deno = await installDeno();
await compile();
Deno.exit(await runTests(wine, deno) ? 0 : 1);

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

async function runTests(wine: Wine, deno: string): Promise<boolean> {
  const isOption = (arg: string) => arg.startsWith("-");
  const files = Deno.args.filter((arg) => !isOption(arg));
  const { success, output } = await wine.run([
    deno,
    "test",
    "--allow-all",
    "--no-check",
    "--cached-only",
    ...Deno.args.filter(isOption),
    ...(files.length > 0 ? files : FILES),
  ]);
  const results = readReport(output.replaceAll("\r", "").replaceAll("\\", "/"));
  const failures = failureLines(results);
  if (failures.length > 0) console.log(["", "Failed tests:", ...failures].join("\n"));
  console.log(countLine(results));
  return success && results.length > 0;
}
