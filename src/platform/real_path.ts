import { basename, dirname, join, normalize, resolve } from "@std/path";
import { usesPipes } from "./pipe_name.ts";
import { windowsPathKey, withoutLiteralPrefix } from "./windows_path.ts";

/**
 * `path` with links resolved as far as it exists: a file that is yet to be made is
 * found by the real path of the deepest folder that is there.
 *
 * @param path Absolute.
 */
export function realPathOf(path: string): string {
  const missing: string[] = [];
  // Not normalized: behind a link, ".." is not the folder the link lies in.
  let existing = path;
  for (;;) {
    try {
      const real = Deno.realPathSync(existing);
      return missing.length === 0 ? real : join(real, ...missing);
    } catch {
      // Missing, unreadable, too long, a loop of links: the part above may still resolve.
      const parent = dirname(existing);
      if (parent === existing) return normalize(path);
      missing.unshift(basename(existing));
      existing = parent;
    }
  }
}

/**
 * `name` as an absolute path, links kept; but behind a link ".." leads where it does for the
 * kernel, to the folder above the one that the link leads to.
 *
 * @param workingDirectory What a relative name starts from; absolute.
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
 * What two names of one path have in common: the path itself and, on Windows, where letter case
 * and the kind of slash mean nothing, a form of it.
 *
 * @param path Absolute.
 */
export function pathKey(path: string): string {
  return usesPipes() ? windowsPathKey(path) : path;
}

/** How many folders are above an absolute path. */
export function pathDepth(path: string): number {
  return path === "/" ? 0 : path.split(SEPARATOR).length;
}

/**
 * The directory that relative names start from: `PWD`, which keeps the links the
 * user went through, where it still names the directory we are in.
 */
export function workingDirectory(env: (name: string) => string | undefined): string {
  if (usesPipes()) return Deno.cwd();
  const named = env("PWD");
  if (named?.startsWith("/")) {
    try {
      const [a, b] = [Deno.statSync(named), Deno.statSync(".")];
      if (a.dev === b.dev && a.ino === b.ino) return named;
    } catch {
      // A PWD that is gone says nothing.
    }
  }
  return Deno.cwd();
}
