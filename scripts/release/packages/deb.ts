import { createHash } from "node:crypto";
import { join } from "@std/path";
import { EPOCH } from "../archive.ts";
import { type Release, SUMMARY } from "../npm_packages.ts";
import { run } from "../run.ts";
import type { Target } from "../targets.ts";
import {
  type Layout,
  maintainer,
  type PackageFile,
  type PackageOptions,
  packageVersion,
  writeTree,
} from "./files.ts";

export const debianLayout: Layout = {
  licence: "usr/share/doc/sessionctl/copyright",
  zshCompletions: "share/zsh/vendor-completions",
};

const ARCHITECTURES = { x64: "amd64", arm64: "arm64" } as const;

/**
 * Makes a `.deb` with dpkg-deb. Equal files give an equal package.
 *
 * @returns the package's file name. It has no version, so that "latest" has a lasting address.
 */
export async function writeDeb(
  release: Release,
  { cpu }: Target,
  files: readonly PackageFile[],
  { output, work, compression = "xz" }: PackageOptions,
): Promise<string> {
  const architecture = ARCHITECTURES[cpu];
  await writeTree(files, work);
  const program = await Deno.readFile(join(work, "usr/bin/sessionctl"));
  const sums = await Promise.all(files.map(async ({ path }) => {
    const digest = createHash("md5").update(await Deno.readFile(join(work, path))).digest("hex");
    return `${digest}  ${path}\n`;
  }));
  await writeTree([
    ...files,
    { path: "DEBIAN/control", content: await controlFile(release, architecture, program, work) },
    { path: "DEBIAN/md5sums", content: sums.join("") },
  ], work);
  const name = `sessionctl-${architecture}.deb`;
  await run("dpkg-deb", [
    `-Z${compression}`,
    "--root-owner-group",
    "--build",
    work,
    join(output, name),
  ], {
    env: { SOURCE_DATE_EPOCH: String(EPOCH) },
    neededFor: "a .deb",
  });
  return name;
}

async function controlFile(
  release: Release,
  architecture: string,
  program: Uint8Array,
  tree: string,
): Promise<string> {
  return [
    "Package: sessionctl",
    `Version: ${packageVersion(release.version)}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${maintainer(release)}`,
    `Installed-Size: ${await kibibytes(tree)}`,
    `Depends: libc6${glibcOf(program)}, libgcc-s1 | libgcc1`,
    "Section: utils",
    "Priority: optional",
    `Homepage: https://github.com/${release.repository}`,
    `Description: ${SUMMARY}`,
    " sessionctl keeps a registry of the live editor windows on a Unix socket and",
    " sends each file to the window that holds it: from tmux, ssh, scripts and git.",
    "",
  ].join("\n");
}

/**
 * The newest version of glibc whose symbols a program requires, as a dependency's relation; empty
 * for a program that requires none. The ELF file's string table contains the versions' names, each
 * between zero bytes.
 */
export function glibcOf(program: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(program);
  const minors = [...text.matchAll(/\0GLIBC_2\.(\d+)(?:\.\d+)?(?=\0)/g)].map(([, n]) => Number(n));
  return minors.length === 0 ? "" : ` (>= 2.${Math.max(...minors)})`;
}

/** The size of a tree in KiB, with each file rounded up. Source: deb-substvars(5). */
async function kibibytes(directory: string): Promise<number> {
  let sum = 0;
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const place = join(directory, name);
    sum += isDirectory
      ? 1 + await kibibytes(place)
      : Math.ceil((await Deno.stat(place)).size / 1024);
  }
  return sum;
}
