/**
 * Measures side by side and writes docs/bench/NAME.md with its chart NAME.svg.
 *
 *   deno task bench [NAME...]
 *
 * A bench is a module `scripts/bench/NAME.ts` that exports `run(): Promise<Report>`.
 * Without a name, all of them run, one after another. The exit code is 1 if one
 * could not be measured; a missed target is written down and is no failure.
 */
import { join, resolve } from "@std/path";
import { type Report, writeReport } from "./bench/lib/mod.ts";

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
    console.log(written.verdicts.map((verdict) => `  ${verdict}`).join("\n"));
  } catch (error) {
    failures++;
    console.error(`bench: ${name} failed:`, error);
  }
}
Deno.exit(failures === 0 ? 0 : 1);
