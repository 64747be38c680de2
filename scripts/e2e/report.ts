import { join } from "@std/path";
import { OUTPUT, type ScenarioRecord, type Tools } from "./places.ts";

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; border-top: 1px solid #ccc; padding-top: 1rem; }
table { border-collapse: collapse; } td, th { padding: .1rem 1rem .1rem 0; text-align: left; }
.mark { display: inline-block; min-width: 4.5rem; font-weight: 600; }
.passed .mark { color: #176f2c; } .failed .mark, .not-run .mark { color: #b3261e; }
.time { color: #666; font-weight: 400; } pre { background: #f5f5f5; padding: .75rem; overflow: auto; }
figure { margin: 1rem 0; } img { max-width: 100%; border: 1px solid #ccc; }
figcaption { color: #444; font-size: .9rem; } a { color: inherit; }
`;

/** Number of scenarios that succeeded, and of those that did not. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Creates `report.html` from the scenarios' records in the output folder.
 *
 * @param seconds The total time, including the installation.
 * @param isFiltered Whether some scenarios were omitted; then those that did not run do not count.
 */
export async function writeReport(
  tools: Tools,
  seconds: number,
  isFiltered: boolean,
): Promise<Outcome> {
  const records = (await readRecords())
    .filter(({ outcome }) => !isFiltered || outcome !== "not run");
  const passed = records.filter(({ outcome }) => outcome === "passed").length;
  const outcome = { passed, failed: records.length - passed };
  const page = document(records, outcome, tools, seconds);
  await Deno.mkdir(OUTPUT, { recursive: true });
  await Deno.writeTextFile(join(OUTPUT, "report.html"), page);
  return outcome;
}

async function readRecords(): Promise<ScenarioRecord[]> {
  const directory = join(OUTPUT, "results");
  const records: ScenarioRecord[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      records.push(JSON.parse(await Deno.readTextFile(join(directory, name))));
    }
  } catch (error) {
    // A missing folder means that no scenario was registered.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return records.sort((a, b) => a.registered - b.registered);
}

function document(
  records: readonly ScenarioRecord[],
  { passed, failed }: Outcome,
  tools: Tools,
  seconds: number,
): string {
  const versions = { ...tools.versions, deno: Deno.version.deno, system: systemName() };
  const rows = Object.entries(versions)
    .map(([name, version]) => `<tr><th>${escape(name)}<td>${escape(version)}`);
  const contents = records.map((record, index) =>
    `<li class="${kind(record)}">${mark(record)} <a href="#s${index}">${escape(record.title)}</a>`
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>sessionctl end to end</title><style>${STYLE}</style>
<h1>sessionctl end to end: ${passed} passed, ${failed} failed</h1>
<p>${escape(new Date().toISOString().slice(0, 16).replace("T", " "))} UTC, ${duration(seconds)}.
A real code-server under <code>sessionctl run</code>, behind <code>sessionctl relay</code>, opened
over https in Chromium.
<table>${rows.join("\n")}</table>
<ul style="list-style: none; padding: 0">${contents.join("\n")}</ul>
${records.map(section).join("\n")}
</html>
`;
}

function section(record: ScenarioRecord, index: number): string {
  const { title, seconds, shots, error } = record;
  const figures = shots.map(({ file, caption }) =>
    `<figure><a href="${escape(file)}"><img src="${escape(file)}" alt="${escape(caption)}"></a>
<figcaption>${escape(caption)}</figcaption></figure>`
  );
  return `<section class="${kind(record)}"><h2 id="s${index}">${mark(record)} ${escape(title)}
<span class="time">${duration(seconds)}</span></h2>
${error === undefined ? "" : `<pre>${escape(error)}</pre>`}${figures.join("\n")}</section>`;
}

const kind = ({ outcome }: ScenarioRecord) => outcome.replace(" ", "-");
const mark = ({ outcome }: ScenarioRecord) => `<span class="mark">${outcome}</span>`;

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function systemName(): string {
  let name: string = Deno.build.os;
  try {
    const release = Deno.readTextFileSync("/etc/os-release");
    name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? name;
  } catch { /* Not every system has the file. */ }
  return `${name}, ${Deno.build.arch}`;
}

function escape(text: string): string {
  // Playwright colours its messages.
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[0-9;]*m/g, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
