import { join } from "@std/path";

/**
 * The newest modification time of these files and of those in these folders, in milliseconds
 * since the epoch.
 *
 * @param sources Relative to `root`; a missing file counts as old.
 * @param except Names of folders to skip.
 */
export function newestChange(
  root: string,
  sources: readonly string[],
  except: readonly string[] = [],
): number {
  let newest = 0;
  const visit = (path: string) => {
    const info = Deno.statSync(path);
    if (info.isDirectory) {
      for (const { name } of Deno.readDirSync(path)) {
        if (!except.includes(name)) visit(join(path, name));
      }
    } else newest = Math.max(newest, info.mtime?.getTime() ?? 0);
  };
  for (const source of sources) {
    try {
      visit(join(root, source));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return newest;
}
