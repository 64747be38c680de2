import { join, toFileUrl } from "@std/path";

/** The kinds of paths that `@std/path` knows. */
export type PathKind = "posix" | "windows";

/** The kind of this system's paths. */
export const OWN_PATHS: PathKind = Deno.build.os === "windows" ? "windows" : "posix";

/**
 * The imports of deno.json, but with the path functions of one system alone. The package for all
 * systems determines at each start which one it runs on, by `globalThis.process`, whose first use
 * takes Deno 2.9.6 14 ms (2.7.11: 0.05 ms).
 *
 * @param text The content of deno.json.
 */
export function importsFor(text: string, paths: PathKind): Record<string, string> {
  const { imports } = JSON.parse(text);
  const path = imports["@std/path"].replace("/path/mod.js", `/path/${paths}/mod.js`);
  return { ...imports, "@std/path": path };
}

/** A URL of the import map of {@linkcode importsFor} for this system, for `--import-map`. */
export function ownImportMap(root: string): string {
  const config = join(root, "deno.json");
  const imports = Object.entries(importsFor(Deno.readTextFileSync(config), OWN_PATHS))
    .map(([name, to]) => [name, to.startsWith("./") ? new URL(to, toFileUrl(config)).href : to]);
  const map = JSON.stringify({ imports: Object.fromEntries(imports) });
  return `data:application/json,${encodeURIComponent(map)}`;
}
