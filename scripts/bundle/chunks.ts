/** The files of a bundle: their texts by name. */
export type Chunks = ReadonlyMap<string, string>;

/** An import as the bundler writes it, of another chunk. It has no other form for these. */
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

/** The chunks that load when this text asks for them. */
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
  // A set gives what is added to it during the loop, too.
  for (const name of loaded) {
    for (const imported of staticImports(chunks.get(name)!)) loaded.add(imported);
  }
  return loaded;
}

/**
 * The chunk of a command: the one that the entry's table of commands imports when it is asked for.
 *
 * @returns undefined when the program has no such command.
 */
export function commandChunk(chunks: Chunks, entry: string, command: string): string | undefined {
  const member = new RegExp(`\\b${command}:\\(\\)=>import\\("\\./([\\w.-]+\\.js)"\\)`);
  return member.exec(chunks.get(entry)!)?.[1];
}
