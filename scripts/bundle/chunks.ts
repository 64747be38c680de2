/** The files of a bundle: their texts by name. */
export type Chunks = ReadonlyMap<string, string>;

/** An import of another chunk, in the only form that the bundler writes. */
export const STATIC_IMPORT = /\bimport\{([^}]*)\}from"\.\/([\w.-]+\.js)"/g;
const DYNAMIC_IMPORT = /\bimport\("\.\/([\w.-]+\.js)"\)/g;

/** The chunks that load before this text runs. */
export function staticImports(text: string): string[] {
  return [...text.matchAll(STATIC_IMPORT)].map(([, , name]) => name!);
}

/** The names that this text imports from other chunks. */
export function importedNames(text: string): { readonly from: string; readonly name: string }[] {
  return [...text.matchAll(STATIC_IMPORT)].flatMap(([, list, from]) =>
    list!.split(",").map((part) => ({ from: from!, name: part.split(" as ")[0]! }))
  );
}

/** The chunks that load when this text requests them. */
export function dynamicImports(text: string): string[] {
  return [...text.matchAll(DYNAMIC_IMPORT)].map(([, name]) => name!);
}

/** The names that a chunk exports. */
export function exportedNames(text: string): string[] {
  const list = /\bexport\{([^}]*)\};?\s*$/.exec(text)?.[1] ?? "";
  return list === "" ? [] : list.split(",").map((part) => part.split(" as ").at(-1)!);
}

/** These chunks and all that load with them. */
export function loadedWith(chunks: Chunks, names: readonly string[]): Set<string> {
  const loaded = new Set(names);
  // A loop over a set includes elements that are added during the loop.
  for (const name of loaded) {
    for (const imported of staticImports(chunks.get(name)!)) loaded.add(imported);
  }
  return loaded;
}

/**
 * Returns the chunk of a command, which the entry's table of commands imports on demand.
 *
 * @returns undefined if the program has no such command.
 */
export function commandChunk(chunks: Chunks, entry: string, command: string): string | undefined {
  const member = new RegExp(`\\b${command}:\\(\\)=>import\\("\\./([\\w.-]+\\.js)"\\)`);
  return member.exec(chunks.get(entry)!)?.[1];
}
