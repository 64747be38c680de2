import { basename, dirname, join, normalize, resolve } from "@std/path/posix";

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
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/**
 * The directory that relative names start from: `PWD`, which keeps the links the
 * user went through, where it still names the directory we are in.
 */
export function workingDirectory(env: (name: string) => string | undefined): string {
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
