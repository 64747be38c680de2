/**
 * Measures contestants side by side and writes docs/bench/NAME.md with its chart NAME.svg. Appends
 * the ratios to docs/bench/history.jsonl, and prints those that are more than 5 % worse than the
 * median of the earlier runs on the same kind of machine, and worse than each of them.
 *
 *   deno task bench NAME...
 *   deno task bench all        every bench, one after another, within 20 minutes
 *
 * A bench is a module `scripts/bench/NAME.ts` that exports `run(): Promise<Report>`. A bench whose
 * last run on this kind of machine took longer than the time that is left is skipped and named.
 *
 * The exit code is 0 if no ratio became worse, 3 if one did, 1 if a bench could not be measured or
 * was skipped, and 2 for an unknown name. A missed target is recorded, and is not a failure.
 */
import { join, resolve } from "@std/path";
import {
  appendHistory,
  commitOf,
  lastSeconds,
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

/** The time for all benches together, in seconds. */
const LIMIT = 20 * 60;

const known = existing();
const isAll = Deno.args.length === 0 || Deno.args.includes("all");
const unknown = Deno.args.find((name) => name !== "all" && !known.includes(name));
if (unknown !== undefined) {
  console.error(`bench: there is no bench ${unknown}; one of ${known.join(", ")}, or all`);
  Deno.exit(2);
}
const compiled = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", join(root, "scripts", "compile.ts"), "--if-changed"],
}).spawn().status;
if (!compiled.success) Deno.exit(1);
// Read first, because writing a page makes the working copy differ from its commit.
const commit = await commitOf(root);
const history = join(root, "docs", "bench", "history.jsonl");
const { kind } = await machineFacts({});
let failures = 0;
let losses = 0;
const begun = performance.now();
for (const name of isAll ? known : Deno.args) {
  const started = performance.now();
  const left = LIMIT - (started - begun) / 1000;
  if (isAll && await lastSeconds(history, name, kind) > left) {
    failures++;
    console.error(`bench: ${name} left out: ${Math.round(left)} s are left, and it took longer`);
    continue;
  }
  try {
    const bench: { run(): Promise<Report> } = await import(`./bench/${name}.ts`);
    const report = await bench.run();
    const command = `deno task bench ${name}`;
    const written = await writeReport(join(root, "docs", "bench"), name, command, report);
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${name}: docs/bench/${name}.md in ${seconds} s`);
    const worse = await appendHistory(history, {
      date: new Date().toISOString().slice(0, 10),
      commit,
      machine: kind,
      name,
      seconds,
      ratios: ratiosOf(report),
    });
    losses += worse.length;
    console.log([...written.verdicts, ...worse].map((line) => `  ${line}`).join("\n"));
  } catch (error) {
    failures++;
    console.error(`bench: ${name} failed:`, error);
  }
}
if (failures > 0) Deno.exit(1);
Deno.exit(losses > 0 ? 3 : 0);
