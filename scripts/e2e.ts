/**
 * `deno task test:e2e`: the scenarios of tests/e2e, with a real code-server and a real browser.
 * Installs their tools, builds the binary, runs the scenarios one after another, and writes a
 * report with screenshots to build/e2e/. See docs/e2e.md.
 *
 *   deno task test:e2e [--filter=TEXT] [FILE...]   only these scenarios
 */
import { join, resolve } from "@std/path";
import { installTools, OUTPUT, writeReport } from "./e2e/mod.ts";

const root = resolve(import.meta.dirname!, "..");
const say = (line: string) => console.error(`e2e: ${line}`);

async function deno(args: readonly string[]): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stdin: "null" });
  return (await child.spawn().status).success;
}

const started = performance.now();
const { tools, missing } = await installTools(say);
if (tools === undefined) {
  for (const line of missing) say(`missing: ${line}`);
  say("nothing was run: install what is missing, and start again");
  Deno.exit(1);
}
if (!await deno(["run", "-A", "scripts/compile.ts", "--if-changed"])) Deno.exit(1);
await Deno.remove(OUTPUT, { recursive: true }).catch(() => {});
const isOption = (arg: string) => arg.startsWith("-");
const options = Deno.args.filter(isOption);
const files = Deno.args.filter((arg) => !isOption(arg));
const passed = await deno([
  "test",
  "--allow-all",
  "--no-check",
  // Playwright's package does not declare the kind of its modules.
  "--unstable-detect-cjs",
  ...options,
  ...(files.length > 0 ? files : ["tests/e2e/"]),
]);
// Without a filter, a scenario that did not run is a failure, because its file ended early.
const isFiltered = options.some((option) => option.startsWith("--filter"));
const seconds = (performance.now() - started) / 1000;
const outcome = await writeReport(tools, seconds, isFiltered);
say(`the report: ${join(OUTPUT, "report.html")}`);
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);
Deno.exit(passed && outcome.failed === 0 && outcome.passed > 0 ? 0 : 1);
