/**
 * `deno task test`: format check, lint, type check, the binary, then every test,
 * against source and against the binary.
 *
 *   deno task test [FILE...]   runs only the tests of these files
 */
import { resolve } from "@std/path";

const root = resolve(import.meta.dirname!, "..");
const only = Deno.args;

async function step(name: string, args: string[]): Promise<void> {
  const started = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
  }).spawn().status;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${success ? "ok" : "FAILED"}: ${name} (${seconds} s)`);
  if (!success) Deno.exit(1);
}

if (only.length === 0) {
  await step("format", ["fmt", "--check", "--quiet"]);
  await step("lint", ["lint", "--quiet"]);
}
await step("types", ["check", "main.ts", "src/mod.ts", "scripts/", "examples/", "tests/"]);
await step("compile", ["run", "-A", "scripts/compile.ts", "--if-changed"]);
await step("tests", [
  "test",
  "--allow-all",
  "--no-check",
  "--parallel",
  // They have a task of their own, test:e2e.
  "--ignore=tests/e2e/",
  ...(only.length > 0 ? only : ["tests/"]),
]);
