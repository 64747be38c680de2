/**
 * Measures side by side and writes docs/bench/NAME.md with its chart NAME.svg. Appends the ratios
 * to docs/bench/history.jsonl, and prints what is worse by more than 5 % than in the last entry of
 * the same kind of machine.
 *
 *   deno task bench [NAME...]
 *
 * A bench is a module `scripts/bench/NAME.ts` that exports `run(): Promise<Report>`.
 * Without a name, all of them run, one after another. The exit code is 1 if one
 * could not be measured; a missed target is written down and is no failure.
 */
import { join, resolve } from "@std/path";
import {
  appendHistory,
  commitOf,
  machineFacts,
  ratiosOf,
  type Report,
  writeReport,
} from "./bench/lib/mod.ts";

const root = resolve(import.meta.dirname!, "..");
const benches = join(root, "scripts", "bench");

function existing(): string[] {
  return [...Deno.readDirSync(benches)]
    .filter((entry) => entry.isFile && entry.name.endsWith(".ts"))
    .map((entry) => entry.name.slice(0, -".ts".length))
    .sort();
}

const known = existing();
const unknown = Deno.args.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`bench: there is no bench ${unknown}; one of ${known.join(", ")}`);
  Deno.exit(2);
}
const compiled = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", join(root, "scripts", "compile.ts"), "--if-changed"],
}).spawn().status;
if (!compiled.success) Deno.exit(1);
// The first page that is written makes the working copy differ from its commit.
const commit = await commitOf(root);
let failures = 0;
for (const name of Deno.args.length > 0 ? Deno.args : known) {
  const started = performance.now();
  try {
    const bench: { run(): Promise<Report> } = await import(`./bench/${name}.ts`);
    const report = await bench.run();
    const command = `deno task bench ${name}`;
    const written = await writeReport(join(root, "docs", "bench"), name, command, report);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${name}: docs/bench/${name}.md in ${seconds} s`);
    const worse = await appendHistory(join(root, "docs", "bench", "history.jsonl"), {
      date: new Date().toISOString().slice(0, 10),
      commit,
      machine: (await machineFacts({})).kind,
      name,
      ratios: ratiosOf(report),
    });
    console.log([...written.verdicts, ...worse].map((line) => `  ${line}`).join("\n"));
  } catch (error) {
    failures++;
    console.error(`bench: ${name} failed:`, error);
  }
}
Deno.exit(failures === 0 ? 0 : 1);
