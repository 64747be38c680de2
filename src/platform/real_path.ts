import { basename, dirname, join, normalize, resolve } from "@std/path";
import { usesPipes } from "./pipe_name.ts";
import { windowsPathKey, withoutLiteralPrefix } from "./windows_path.ts";

/**
 * `path` with symlinks resolved as far as it exists: for a file that does not exist yet, the real
 * path of its deepest existing folder is used.
 *
 * @param path Absolute.
 */
export function realPathOf(path: string): string {
  const missing: string[] = [];
  // Not normalized, because after a symlink, ".." is not the folder that contains the symlink.
  let existing = path;
  for (;;) {
    try {
      const real = Deno.realPathSync(existing);
      return missing.length === 0 ? real : join(real, ...missing);
    } catch {
      // Missing, unreadable, too long, or a loop of symlinks: the part above may still resolve.
      const parent = dirname(existing);
      if (parent === existing) return normalize(path);
      missing.unshift(basename(existing));
      existing = parent;
    }
  }
}

/**
 * `name` as an absolute path with symlinks kept; but after a symlink, ".." leads where the kernel
 * resolves it, to the folder above the symlink's target.
 *
 * @param workingDirectory The absolute start of a relative name.
 */
export function absolutePath(name: string, workingDirectory: () => string): string {
  if (usesPipes()) return resolve(workingDirectory(), withoutLiteralPrefix(name));
  const isPlain = !name.includes("/.") && !name.includes("//") && !name.endsWith("/");
  if (isPlain && name.startsWith("/")) return name;
  const written = name.startsWith("/") ? name : `${workingDirectory()}/${name}`;
  const path = resolve(written);
  if (!/(?:^|\/)\.\.(?:\/|$)/.test(name)) return path;
  const real = realPathOf(written);
  return real === realPathOf(path) ? path : real;
}

/** Whether `path` is `folder` or below it, by whole segments. */
export function isWithin(path: string, folder: string): boolean {
  const [inner, outer] = [pathKey(path), pathKey(folder)];
  return inner === outer || inner.startsWith(outer.endsWith(SEPARATOR) ? outer : outer + SEPARATOR);
}

const SEPARATOR = usesPipes() ? "\\" : "/";

/**
 * A key that two names of the same path share: the path itself or, on Windows, where letter case
 * and the kind of slash do not matter, a canonical form of it.
 *
 * @param path Absolute.
 */
export function pathKey(path: string): string {
  return usesPipes() ? windowsPathKey(path) : path;
}

/** Number of folders above an absolute path. */
export function pathDepth(path: string): number {
  return path === "/" ? 0 : path.split(SEPARATOR).length;
}

/**
 * The directory at which relative names start: `PWD`, which keeps the symlinks that the user passed
 * through, if it still names the current directory.
 */
export function workingDirectory(env: (name: string) => string | undefined): string {
  if (usesPipes()) return Deno.cwd();
  const named = env("PWD");
  if (named?.startsWith("/")) {
    try {
      const [a, b] = [Deno.statSync(named), Deno.statSync(".")];
      if (a.dev === b.dev && a.ino === b.ino) return named;
    } catch {
      // A removed PWD is ignored.
    }
  }
  return Deno.cwd();
}
