import { dirname, join } from "@std/path";
import type { Companion } from "../companions.ts";
import type { Release } from "../npm_packages.ts";
import { EPOCH } from "../archive.ts";

/** A file of a package. */
export interface PackageFile {
  /** Its path below the root directory, without a leading slash. */
  readonly path: string;
  /** Its content, or the path of a file with it. */
  readonly content: string | Uint8Array | { readonly file: string };
  readonly executable?: boolean;
}

/** The options for creating a package. */
export interface PackageOptions {
  /** The directory to which the package is written. */
  readonly output: string;
  /** A directory for the packed files, which is created. */
  readonly work: string;
  /** The compression, by default `xz`, which takes a minute for a program. */
  readonly compression?: "xz" | "none";
}

/** The directories that differ between families of distributions. */
export interface Layout {
  readonly licence: string;
  readonly zshCompletions: string;
}

/** The contents of a Linux package. */
export async function packageFiles(
  release: Pick<Release, "documents">,
  program: string,
  companions: readonly Companion[],
  { licence, zshCompletions }: Layout,
): Promise<PackageFile[]> {
  return [
    { path: "usr/bin/sessionctl", content: { file: program }, executable: true },
    { path: licence, content: release.documents.LICENSE! },
    ...await Promise.all(companions.map(async ({ path, text }) => {
      if (path.startsWith("share/man/")) {
        return { path: `usr/${path}.gz`, content: await gzip(text) };
      }
      return { path: `usr/${path.replace(/^share\/zsh\/[^/]+/, zshCompletions)}`, content: text };
    })),
  ];
}

/** Writes the files as a directory tree for packing, with the same modes and times each time. */
export async function writeTree(files: readonly PackageFile[], tree: string): Promise<void> {
  const directories = new Set<string>([tree]);
  for (const { path, content, executable } of files) {
    const place = join(tree, path);
    await Deno.mkdir(dirname(place), { recursive: true });
    for (let parent = dirname(place); parent !== tree; parent = dirname(parent)) {
      directories.add(parent);
    }
    if (typeof content === "string") await Deno.writeTextFile(place, content);
    else if (content instanceof Uint8Array) await Deno.writeFile(place, content);
    else await Deno.copyFile(content.file, place);
    // Independently of the umask.
    await Deno.chmod(place, executable ? 0o755 : 0o644);
    await Deno.utime(place, EPOCH, EPOCH);
  }
  for (const directory of directories) {
    await Deno.chmod(directory, 0o755);
    await Deno.utime(directory, EPOCH, EPOCH);
  }
}

/**
 * A version in the order of Debian and RPM: a pre-release comes before its release.
 *
 * Source: deb-version(7); RPM's "Dependency Comparisons".
 */
export function packageVersion(version: string): string {
  return version.replace("-", "~").replaceAll("-", ".");
}

/** The owner of the repository, as a maintainer's address. */
export function maintainer({ repository }: Pick<Release, "repository">): string {
  const [owner] = repository.split("/");
  return `${owner} <${owner}@users.noreply.github.com>`;
}

async function gzip(text: string): Promise<Uint8Array> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
