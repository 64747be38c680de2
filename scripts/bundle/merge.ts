/**
 * Merges chunks that commands always load together. The bundler creates a chunk for each set of
 * modules that the same commands reach. A new folder or command can therefore split the chunks of
 * all the others, and every file takes about 0.1 ms of a start.
 *
 * The bundler has no option that changes this, and no arrangement of the sources gives few chunks
 * without loading code that is not needed. But its chunks are modules without import cycles, so it
 * can bundle some of them once more, with the others as externals. Scopes, live bindings and the
 * order of evaluation are then the bundler's work. This module only rewrites the lists of names in
 * imports between chunks.
 */
import {
  type Chunks,
  commandChunk,
  dynamicImports,
  exportedNames,
  importedNames,
  loadedWith,
  STATIC_IMPORT,
  staticImports,
} from "./chunks.ts";

/** Bundles these files into one, except for the imports of `externals`; returns its text. */
export type BundleFiles = (
  files: Chunks,
  entry: string,
  externals: readonly string[],
) => Promise<string>;

/** The file that all of the commands load, with the placeholder of a hash in the bundler's form. */
const SHARED = "core-00000000.js";
/** The module with the exports of the merged file. */
const FACE = "face.js";

/** One file that replaces several. */
interface Merged {
  readonly name: string;
  readonly members: readonly string[];
}

/**
 * Merges the static imports of some commands, so that each command loads three files at most:
 * the entry, the chunk that all of these commands share, and the command's own.
 *
 * Other commands import from the merged files instead of their members. Chunks that load on demand
 * stay separate files.
 *
 * @param entry The program's first file.
 * @param commands Names of commands. A name that the entry does not load is left out.
 * @throws {Error} if a chunk is not in the bundler's form.
 */
export async function mergeCommands(
  chunks: Chunks,
  { entry, commands, bundleFiles }: {
    readonly entry: string;
    readonly commands: readonly string[];
    readonly bundleFiles: BundleFiles;
  },
): Promise<Chunks> {
  const own = commands.flatMap((command) => commandChunk(chunks, entry, command) ?? []);
  const sets = own.map((name) => loadedWith(chunks, [entry, name]));
  if (sets.length === 0) return chunks;
  const shared = sets.reduce((common, set) => common.intersection(set));
  for (const name of [entry, ...own]) shared.delete(name);
  let result = await merge(chunks, { name: SHARED, members: [...shared].sort() }, bundleFiles);
  const elsewhere = new Set([entry, SHARED, ...shared]);
  for (const name of own) {
    const members = loadedWith(result, [entry, name]).difference(elsewhere);
    result = await merge(result, { name, members: [...members].sort() }, bundleFiles);
  }
  return result;
}

async function merge(
  chunks: Chunks,
  { name, members }: Merged,
  bundleFiles: BundleFiles,
): Promise<Chunks> {
  if (members.length < 2) return chunks;
  const files = new Map(members.map((member) => [member, chunks.get(member)!]));
  const rest = [...chunks].filter(([other]) => !files.has(other));
  const texts = [...files.values()];
  const again = texts.flatMap(dynamicImports).find((other) => files.has(other));
  if (again) throw new Error(`${again} loads late from a chunk that it is merged with`);
  const imported = texts.flatMap((text) => [...staticImports(text), ...dynamicImports(text)]);
  const externals = [...new Set(imported.filter((other) => !files.has(other)))];
  const names = exportsOf({ name, members }, chunks, rest.map(([, text]) => text));
  const face = [...names].map(([member, renamed]) =>
    `export{${[...renamed].map((pair) => pair.join(" as ")).join(",")}}from"./${member}";\n`
  ).join("");
  const merged = await bundleFiles(new Map([...files, [FACE, face]]), FACE, externals);
  const rewritten = rest.map(([other, text]): [string, string] => [
    other,
    withImportsFrom(text, name, names),
  ]);
  const result = new Map([...rewritten, [name, merged]]);
  requireWhole(result);
  return result;
}

/**
 * The exports of the merged file: by member, the names that others import, with new names, because
 * two members may use the same one.
 */
function exportsOf(
  { name, members }: Merged,
  chunks: Chunks,
  others: readonly string[],
): Map<string, Map<string, string>> {
  const wanted = others.flatMap(importedNames);
  const result = new Map<string, Map<string, string>>();
  let count = 0;
  for (const member of members) {
    const renamed = exportedNames(chunks.get(member)!).flatMap((exported): [string, string][] => {
      // A dynamic import of the merged file gets the same names as before.
      if (member === name) return [[exported, exported]];
      const isWanted = wanted.some((one) => one.from === member && one.name === exported);
      return isWanted ? [[exported, `$${(count++).toString(36)}`]] : [];
    });
    if (renamed.length > 0) result.set(member, new Map(renamed));
  }
  return result;
}

/** Redirects this text's imports of the members to `merged`. */
function withImportsFrom(
  text: string,
  merged: string,
  members: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string {
  return text.replaceAll(STATIC_IMPORT, (whole, list: string, from: string) => {
    const names = members.get(from);
    if (names === undefined) return whole;
    const renamed = list.split(",").map((part) => {
      const [imported, local = imported] = part.split(" as ");
      const name = names.get(imported!);
      if (name === undefined) throw new Error(`no export ${imported} was found in ${from}`);
      return `${name} as ${local}`;
    });
    return `import{${renamed.join(",")}}from"./${merged}"`;
  });
}

/** @throws {Error} naming a chunk that imports a chunk that no longer exists. */
function requireWhole(chunks: Chunks): void {
  for (const [name, text] of chunks) {
    const [, lost] = [...text.matchAll(/["']\.\/([\w.-]+-[A-Z0-9]{8}\.js)["']/g)]
      .find(([, other]) => !chunks.has(other!)) ?? [];
    if (lost) throw new Error(`${name} imports ${lost} in a way that merging chunks does not know`);
  }
}
