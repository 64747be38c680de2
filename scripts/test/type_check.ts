/** The type check before the tests, which takes longer than most files that one tests alone. */
import { dirname, join } from "@std/path";

/** The folders and files that `deno task check` reads. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "src",
  "extension",
  "examples",
  "scripts",
  "tests",
];

/**
 * Runs a check of a project's files unless they are those of its last success. A file counts as
 * changed by its path, size and modification time.
 *
 * @param root The project's folder.
 * @param record The file that records the last success, relative to `root`.
 * @param check Returns whether the files are correct.
 * @returns `unchanged` if the check did not run, otherwise its outcome.
 */
export async function checkIfChanged(
  root: string,
  record: string,
  check: () => Promise<boolean>,
): Promise<boolean | "unchanged"> {
  // Before the check: a file that changes meanwhile is checked the next time.
  const state = await stateOf(root);
  const path = join(root, record);
  if (await Deno.readTextFile(path).catch(() => "") === state) return "unchanged";
  if (!await check()) return false;
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, state);
  return true;
}

/** A digest of the runtime's version and of the state of each file. */
async function stateOf(root: string): Promise<string> {
  const lines = [Deno.version.deno];
  const visit = (path: string) => {
    const info = Deno.statSync(join(root, path));
    if (!info.isDirectory) {
      lines.push(`${info.size} ${info.mtime?.getTime()} ${path}`);
      return;
    }
    const names = [...Deno.readDirSync(join(root, path))].map(({ name }) => name);
    for (const name of names.sort()) if (name !== "node_modules") visit(join(path, name));
  };
  for (const source of SOURCES) {
    try {
      visit(source);
    } catch (error) {
      // A project need not have each of them, and a file may be removed at the same time.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      lines.push(`missing ${source}`);
    }
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n")));
  return new Uint8Array(digest).toHex();
}
