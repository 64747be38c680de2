import { basename, join, toFileUrl } from "@std/path";
import { runBundler } from "./bundle/bundler.ts";
import { type Chunks, commandChunk, loadedWith } from "./bundle/chunks.ts";
import { readChunks, writeChunks } from "./bundle/files.ts";
import { mergeCommands } from "./bundle/merge.ts";
import { importsFor, OWN_PATHS, type PathKind } from "./import_map.ts";

/** The bundler's suffix of a chunk's name: a hash that includes its sources' absolute paths. */
const CHUNK = /(?<![\w.-])([\w.]+)-([A-Z0-9]{8})\.js\b/g;
/**
 * The commands that users and programs such as git run often, so each millisecond of them counts.
 */
const COUNTED = ["find", "open"];
/** The chunks that `open` loads for a desktop window, which a second script contains. */
const LATE = ["desktop_step", "to_desktop", "late_steps"];
/** More rounds than the length of any import path that distinguishes chunks. */
const ROUNDS = 8;
/**
 * Bundles a program into chunks that load on demand. Equal sources give equal files, byte for byte,
 * wherever they are and whenever they are bundled.
 *
 * @param entry The program's first file, relative to `root`.
 * @param directory The directory of the chunks; its contents are removed.
 * @param paths The kind of paths on the program's target system.
 * @throws {Error} if the bundler fails, with its output.
 */
export async function bundle(
  root: string,
  entry: string,
  directory: string,
  paths: PathKind = OWN_PATHS,
): Promise<void> {
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  await withImportMap(root, paths, (map) =>
    runBundler(root, [
      ...map === undefined ? [] : [`--import-map=${map}`],
      "--code-splitting",
      `--outdir=${directory}`,
      entry,
    ]));
  const files = new Map<string, string>();
  for (const [name, text] of await readChunks(directory)) {
    files.set(name, withNodeInterop(withoutBareImports(text)));
    await Deno.remove(join(directory, name));
  }
  // Stable names first, because the members of a merged file are bundled in the order of their names.
  const merged = await mergeCommands(await withStableNames(files), {
    entry: basename(entry).replace(/\.ts$/, ".js"),
    commands: COUNTED,
    bundleFiles,
  });
  await writeChunks(directory, await withStableNames(merged));
}

/**
 * The chunks besides the entry that the counted commands load, the shared one first.
 *
 * @returns an empty list for a program without these commands.
 */
export function countedChunks(chunks: Chunks, entry: string): string[] {
  const own = COUNTED.flatMap((command) => commandChunk(chunks, entry, command) ?? []);
  const loaded = loadedWith(chunks, [entry, ...own]);
  const shared = [...loaded].filter((name) => name !== entry && !own.includes(name));
  return [...shared, ...own];
}

/**
 * The chunks that `open` loads late for a desktop window.
 *
 * @param loaded The chunks that it has loaded already.
 * @throws {Error} naming a step that the program does not have.
 */
export function lateChunks(chunks: Chunks, loaded: readonly string[]): string[] {
  const own = LATE.map((stem) => {
    const chunk = [...chunks.keys()].find((name) => name.startsWith(`${stem}-`));
    if (chunk === undefined) throw new Error(`the program has no chunk ${stem}`);
    return chunk;
  });
  return [...loadedWith(chunks, own).difference(new Set(loaded))].sort();
}

/**
 * Runs `use` with an import map that makes every start faster: the program gets only the path
 * functions of its own system, and only the version from deno.json.
 *
 * @param use Gets the map's path; undefined if the program has no deno.json.
 */
async function withImportMap(
  root: string,
  paths: PathKind,
  use: (map: string | undefined) => Promise<void>,
): Promise<void> {
  const config = join(root, "deno.json");
  const text = await Deno.readTextFile(config).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (text === undefined) return await use(undefined);
  const { version } = JSON.parse(text);
  const directory = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    const manifest = join(directory, "version.json");
    await Deno.writeTextFile(manifest, JSON.stringify({ version }));
    const map = join(directory, "import_map.json");
    const own = { [toFileUrl(config).href]: toFileUrl(manifest).href };
    await Deno.writeTextFile(
      map,
      JSON.stringify({ imports: { ...importsFor(text, paths), ...own } }),
    );
    await use(map);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Bundles chunks into one file; see `BundleFiles`. */
async function bundleFiles(
  files: Chunks,
  entry: string,
  externals: readonly string[],
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    for (const [name, text] of files) await Deno.writeTextFile(join(directory, name), text);
    await runBundler(directory, [
      "--no-config",
      "--no-lock",
      ...externals.map((name) => `--external=./${name}`),
      "--outdir=out",
      entry,
    ]);
    return withoutBareImports(await Deno.readTextFile(join(directory, "out", entry)));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Removes imports without a name. The bundler keeps them for modules with side effects, which none
 * of ours have. Each costs every start a tenth of a millisecond; the one of the bundler's CommonJS
 * helper costs half a millisecond.
 */
function withoutBareImports(text: string): string {
  return text.replaceAll(/import"\.\/[\w.]+-[A-Z0-9]+\.js";/g, "");
}

/**
 * Makes the bundler's helper return every CommonJS module as the default import, like Deno itself.
 * Before 2.8.2 it omitted those that set `__esModule`, and a program that uses tslib (like `relay
 * --self-signed`) ended as soon as it loaded it; later versions write it correctly. Source:
 * https://github.com/denoland/deno/pull/34533
 */
function withNodeInterop(text: string): string {
  return text.replaceAll(/\b[\w$]+\|\|!([\w$]+)\|\|!\1\.__esModule\?/g, "!0?");
}

/**
 * Names each chunk by a hash of its content: its text, with other chunks' names replaced by their
 * contents.
 *
 * @throws {Error} if two chunks cannot be distinguished.
 */
async function withStableNames(files: Chunks): Promise<Map<string, string>> {
  const contents = (names: ReadonlyMap<string, string>) =>
    [...files].map(([name, text]): [string, string] => [
      name,
      text.replaceAll(CHUNK, (chunk) => names.get(chunk) ?? chunk),
    ]);
  let hashes = new Map([...files.keys()].map((name) => [name, ""]));
  for (let round = 0; round < ROUNDS; round++) {
    hashes = new Map(
      await Promise.all(
        contents(hashes).map(async ([name, text]): Promise<[string, string]> => [
          name,
          await hashOf(text),
        ]),
      ),
    );
  }
  const names = new Map([...hashes].map(([name, hash]) => [
    name,
    name.replace(CHUNK, (_, stem: string) => `${stem}-${hash.slice(0, 8)}.js`),
  ]));
  const renamed = new Map(contents(names).map(([name, text]) => [names.get(name)!, text]));
  if (renamed.size < files.size) throw new Error("two chunks of the bundle have the same name");
  return renamed;
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  // In capitals, like the bundler's hashes, so that no hash resembles a word of the program.
  return new Uint8Array(digest).toHex().toUpperCase();
}
