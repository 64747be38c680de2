/**
 * Makes what a release publishes, in dist/release:
 *
 *   sessionctl-TRIPLE.tar.gz   the program of each platform
 *   install.sh, SHA256SUMS     what installs and verifies them
 *   npm/*.tgz                  the npm packages, in the order in which to publish them
 *
 *   deno task release [--repository OWNER/NAME] [--output DIRECTORY]
 *                     [--binary TRIPLE=FILE ...] [--only archives|npm]
 *
 * Each program is compiled, without a fallback, unless --binary names one that is there.
 * Equal sources give equal files.
 */
import { parseArgs } from "@std/cli/parse-args";
import { basename, join, resolve } from "@std/path";
import manifest from "../deno.json" with { type: "json" };
import { type ArchiveFile, tarGz } from "./release/archive.ts";
import { type Release, writeMainPackage, writePlatformPackage } from "./release/npm_packages.ts";
import { programName, type Target, targets } from "./release/targets.ts";

const root = resolve(import.meta.dirname!, "..");

function fail(message: string): never {
  console.error(`release: ${message}`);
  Deno.exit(1);
}

async function run(command: string, args: string[], cwd = root): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
    stdin: "null",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) fail(`${command} ${args.join(" ")}:\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** The program of each platform: those that were given, the others compiled. */
async function binaries(given: readonly string[], directory: string) {
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
    await run(Deno.execPath(), ["run", "-A", join(root, "scripts/compile.ts"), ...options]);
    files.set(target.triple, output);
  }
  return targets.map((target) => ({ target, file: files.get(target.triple)! }));
}

async function writeArchive(
  { documents }: Release,
  { target, file }: { target: Target; file: string },
  directory: string,
): Promise<string> {
  const encoder = new TextEncoder();
  const files: ArchiveFile[] = [
    { name: programName(target), content: await Deno.readFile(file), executable: true },
    ...Object.entries(documents).map(([name, text]) => ({ name, content: encoder.encode(text) })),
  ];
  const name = `sessionctl-${target.triple}.tar.gz`;
  await Deno.writeFile(join(directory, name), await tarGz(files));
  return name;
}

/** The installer, which takes the release from the repository it was made in. */
async function writeInstaller({ repository }: Release, directory: string): Promise<string> {
  const text = await Deno.readTextFile(join(root, "scripts/install.sh"));
  const stamped = text.replace(/^repository=.*$/m, `repository=${repository}`);
  await Deno.writeTextFile(join(directory, "install.sh"), stamped, { mode: 0o755 });
  return "install.sh";
}

async function writeChecksums(directory: string, names: readonly string[]): Promise<void> {
  const lines = await Promise.all(
    [...names].sort().map(async (name) => {
      const content = await Deno.readFile(join(directory, name));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
      return `${digest.toHex()}  ${name}\n`;
    }),
  );
  await Deno.writeTextFile(join(directory, "SHA256SUMS"), lines.join(""));
}

/** Packs the platforms' packages first: the main one needs them. */
async function writeNpmPackages(
  release: Release,
  programs: readonly { target: Target; file: string }[],
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
if (options.only !== "npm") {
  const published = [await writeInstaller(release, output)];
  for (const program of programs) published.push(await writeArchive(release, program, output));
  await writeChecksums(output, published);
}
if (options.only !== "archives") await writeNpmPackages(release, programs, join(output, "npm"));
await Deno.remove(join(output, "programs"), { recursive: true }).catch(() => {});
console.error(`release: ${basename(output)} has version ${release.version}`);
