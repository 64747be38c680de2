/**
 * Creates the files of a release in dist/release:
 *
 *   sessionctl-TRIPLE.tar.gz   the program of each platform
 *   install.sh, SHA256SUMS     the installer, and the checksums that it verifies
 *   sessionctl-companion.vsix  the companion extension
 *   sessionctl-ARCH.deb, .rpm  the packages of Linux distributions
 *   sessionctl-TRIPLE.zip      the program of Windows, for winget and Scoop
 *   PKGBUILD, sessionctl.rb, sessionctl.nix, *.yaml, sessionctl.json
 *                              for Arch Linux, Homebrew, Nix, winget and Scoop
 *   npm/*.tgz                  the npm packages, in the order in which to publish them
 *
 *   deno task release [--repository OWNER/NAME] [--output DIRECTORY]
 *                     [--binary TRIPLE=FILE ...] [--only archives|packages|npm]
 *
 * Compiles each program, without a fallback, unless --binary names an existing one.
 * Equal sources give equal files. The packages contain the archives' hashes, so `--only packages`
 * also creates the archives. It needs dpkg-deb, rpmbuild and zip.
 */
import { parseArgs } from "@std/cli/parse-args";
import { basename, join, resolve } from "@std/path";
import manifest from "../deno.json" with { type: "json" };
import { buildExtension } from "./extension/mod.ts";
import { type ArchiveFile, tarGz } from "./release/archive.ts";
import {
  type Companion,
  makeDocumentation,
  makePowershellCompletions,
  makeUnits,
} from "./release/companions.ts";
import { writeManifests } from "./release/manifests.ts";
import { type Release, writeMainPackage, writePlatformPackage } from "./release/npm_packages.ts";
import { debianLayout, writeDeb } from "./release/packages/deb.ts";
import { packageFiles } from "./release/packages/files.ts";
import { rpmLayout, writeRpm } from "./release/packages/rpm.ts";
import { writeZip } from "./release/packages/zip.ts";
import { fail, run } from "./release/run.ts";
import { programName, type Target, targets } from "./release/targets.ts";

const root = resolve(import.meta.dirname!, "..");

interface Program {
  readonly target: Target;
  readonly file: string;
}

/** The program of each platform: the given ones, with the others compiled. */
async function binaries(given: readonly string[], directory: string): Promise<Program[]> {
  const files = new Map(given.map((pair): [string, string] => {
    const [triple, file] = pair.split(/=(.*)/s);
    if (!file || !targets.some((target) => target.triple === triple)) {
      fail(`--binary is not TRIPLE=FILE: ${pair}`);
    }
    return [triple!, resolve(file)];
  }));
  for (const target of targets.filter(({ triple }) => !files.has(triple))) {
    const output = join(directory, target.triple, programName(target));
    const options = ["--no-fallback", "--target", target.triple, "--output", output];
    const compile = ["run", "-A", join(root, "scripts/compile.ts"), ...options];
    await run(Deno.execPath(), compile, { cwd: root });
    files.set(target.triple, output);
  }
  return targets.map((target) => ({ target, file: files.get(target.triple)! }));
}

async function writeArchive(
  { documents }: Release,
  { target, file }: Program,
  companions: readonly Companion[],
  directory: string,
): Promise<string> {
  const encoder = new TextEncoder();
  const texts = [
    ...Object.entries(documents),
    ...companions.map(({ path, text }) => [path, text] as const),
  ];
  const files: ArchiveFile[] = [
    { name: programName(target), content: await Deno.readFile(file), executable: true },
    ...texts.map(([name, text]) => ({ name, content: encoder.encode(text) })),
  ];
  const name = `sessionctl-${target.triple}.tar.gz`;
  await Deno.writeFile(join(directory, name), await tarGz(files));
  return name;
}

/** The installer, which downloads the release from its own repository. */
async function writeInstaller({ repository }: Release, directory: string): Promise<string> {
  const text = await Deno.readTextFile(join(root, "scripts/install.sh"));
  const stamped = text.replace(/^repository=.*$/m, `repository=${repository}`);
  await Deno.writeTextFile(join(directory, "install.sh"), stamped, { mode: 0o755 });
  return "install.sh";
}

/** The companion extension, which the programs also contain. */
async function writeExtension(directory: string): Promise<string> {
  const name = "sessionctl-companion.vsix";
  await buildExtension(root, { output: join(directory, name) });
  return name;
}

/** The SHA-256 of files in hexadecimal, by their names. */
async function hashesOf(directory: string, names: readonly string[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of [...names].sort()) {
    const content = await Deno.readFile(join(directory, name));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    hashes.set(name, digest.toHex());
  }
  return hashes;
}

async function writeArchives(
  release: Release,
  programs: readonly Program[],
  directory: string,
): Promise<string[]> {
  const names = [await writeInstaller(release, directory), await writeExtension(directory)];
  const documentation = await makeDocumentation();
  for (const program of programs) {
    const companions = program.target.os === "win32"
      ? []
      : program.target.os === "linux"
      ? [...documentation, ...makeUnits()]
      : documentation;
    names.push(await writeArchive(release, program, companions, directory));
  }
  return names;
}

/** The Linux packages, the zip for Windows, and the manifests with the archives' hashes. */
async function writePackages(
  release: Release,
  programs: readonly Program[],
  archives: readonly string[],
  output: string,
): Promise<string[]> {
  const companions = [...await makeDocumentation(), ...makeUnits()];
  const names: string[] = [];
  for (const { target, file } of programs) {
    const work = join(output, "programs", "packages", target.triple);
    const files = (layout: typeof debianLayout) => packageFiles(release, file, companions, layout);
    if (target.os === "linux") {
      const deb = { output, work: join(work, "deb") };
      names.push(await writeDeb(release, target, await files(debianLayout), deb));
      const rpm = { output, work: join(work, "rpm") };
      names.push(await writeRpm(release, target, await files(rpmLayout), rpm));
    }
    if (target.os === "win32") {
      const zip = { output, work: join(work, "zip") };
      names.push(await writeZip(release, target, file, await makePowershellCompletions(), zip));
    }
  }
  const hashes = await hashesOf(output, [...archives, ...names]);
  return [...names, ...await writeManifests(release, hashes, output)];
}

/** Packs the platforms' packages first, because the main package depends on them. */
async function writeNpmPackages(
  release: Release,
  programs: readonly Program[],
  directory: string,
): Promise<void> {
  const folders = join(directory, "packages");
  await Deno.mkdir(folders, { recursive: true });
  const names: string[] = [];
  const sources: string[] = [];
  for (const { target, file } of programs) {
    const folder = join(folders, target.triple);
    names.push(await writePlatformPackage(release, target, file, folder));
    sources.push(folder);
  }
  await writeMainPackage(release, names, join(folders, "main"));
  for (const [index, source] of [...sources, join(folders, "main")].entries()) {
    const options = ["--silent", "--ignore-scripts", "--pack-destination", directory];
    const packed = (await run("npm", ["pack", ...options, source])).trim().split("\n").at(-1)!;
    await Deno.rename(join(directory, packed), join(directory, `${index + 1}-${packed}`));
  }
  await Deno.remove(folders, { recursive: true });
}

const options = parseArgs(Deno.args, {
  string: ["repository", "output", "only"],
  collect: ["binary"],
  default: { repository: "sessionctl/sessionctl", output: "dist/release" },
  unknown: (arg) => fail(`unknown argument ${arg}`),
});
const output = resolve(root, options.output as string);
const only = options.only as string | undefined;
if (only !== undefined && !["archives", "packages", "npm"].includes(only)) {
  fail(`--only is none of archives, packages and npm: ${only}`);
}
const release: Release = {
  name: manifest.name,
  version: manifest.version,
  license: manifest.license,
  repository: options.repository as string,
  documents: {
    "README.md": await Deno.readTextFile(join(root, "README.md")),
    LICENSE: await Deno.readTextFile(join(root, "LICENSE")),
  },
};
await Deno.remove(output, { recursive: true }).catch(() => {});
await Deno.mkdir(join(output, "npm"), { recursive: true });
const programs = await binaries((options.binary ?? []) as string[], join(output, "programs"));
if (only !== "npm") {
  const archives = await writeArchives(release, programs, output);
  const packages = only === "archives"
    ? []
    : await writePackages(release, programs, archives, output);
  const hashes = await hashesOf(output, [...archives, ...packages]);
  const lines = [...hashes].map(([name, hash]) => `${hash}  ${name}\n`);
  await Deno.writeTextFile(join(output, "SHA256SUMS"), lines.join(""));
}
if (only === undefined || only === "npm") {
  await writeNpmPackages(release, programs, join(output, "npm"));
}
await Deno.remove(join(output, "programs"), { recursive: true }).catch(() => {});
console.error(`release: ${basename(output)} has version ${release.version}`);
