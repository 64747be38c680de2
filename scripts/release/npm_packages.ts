import { join } from "@std/path";
import { programName, type Target } from "./targets.ts";

/** The common data of all packages. */
export interface Release {
  /** The main package's name, with its scope: the others have the same scope. */
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** `OWNER/NAME` on GitHub. */
  readonly repository: string;
  /** The documents that every package contains. */
  readonly documents: Readonly<Record<string, string>>;
}

export const SUMMARY = "Opens files in the right live VS Code window, from any terminal";
const parts = join(import.meta.dirname!, "npm");

/**
 * Writes the folder of a platform's package: the program, and the platforms it requires.
 *
 * @param program The path of the compiled program; it is linked instead of copied where possible.
 * @returns the package's name.
 */
export async function writePlatformPackage(
  release: Release,
  target: Target,
  program: string,
  directory: string,
): Promise<string> {
  const name = `${scopeOf(release)}${target.os}-${target.cpu}`;
  await Deno.mkdir(join(directory, "bin"), { recursive: true });
  const place = join(directory, "bin", programName(target));
  await Deno.link(program, place).catch(() => Deno.copyFile(program, place));
  await Deno.chmod(place, 0o755).catch(() => {}); // Windows has no such modes.
  await writeManifest(directory, {
    ...about(release, name, `${SUMMARY} (the program for ${target.os} on ${target.cpu})`),
    os: [target.os],
    cpu: [target.cpu],
    ...(target.libc ? { libc: [target.libc] } : {}),
    // Programs inside an archive cannot be started (Yarn Plug'n'Play).
    preferUnplugged: true,
    files: ["bin"],
  });
  await writeDocuments(release, directory);
  return name;
}

/**
 * Writes the folder of the main package. It has no program of its own: its install script puts the
 * platform's in the place that `bin` names. The place is called `.exe` everywhere, because Windows
 * only starts such files directly; elsewhere npm's link hides it.
 */
export async function writeMainPackage(
  release: Release,
  platforms: readonly string[],
  directory: string,
): Promise<void> {
  await Deno.mkdir(join(directory, "bin"), { recursive: true });
  const placeholder = await Deno.readTextFile(join(parts, "placeholder.sh"));
  const scope = scopeOf(release).replace(/\/$/, "");
  const place = join(directory, "bin", "sessionctl.exe");
  await Deno.writeTextFile(place, placeholder.replaceAll("@SCOPE@", scope), { mode: 0o755 });
  await Deno.copyFile(join(parts, "install.cjs"), join(directory, "install.cjs"));
  await writeManifest(directory, {
    ...about(release, release.name, SUMMARY),
    bin: { sessionctl: "bin/sessionctl.exe" },
    scripts: { preinstall: "node install.cjs early", postinstall: "node install.cjs" },
    optionalDependencies: Object.fromEntries(
      [...platforms].sort().map((platform) => [platform, release.version]),
    ),
    preferUnplugged: true,
    files: ["bin", "install.cjs"],
  });
  await writeDocuments(release, directory);
}

function scopeOf({ name }: Release): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

function about({ version, license, repository }: Release, name: string, description: string) {
  return {
    name,
    version,
    description,
    license,
    // npm refuses provenance for a package that names a repository other than its build's.
    repository: { type: "git", url: `git+https://github.com/${repository}.git` },
    engines: { node: ">=18" },
    publishConfig: { access: "public" },
  };
}

async function writeManifest(directory: string, manifest: unknown): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await Deno.writeTextFile(join(directory, "package.json"), text);
}

async function writeDocuments({ documents }: Release, directory: string): Promise<void> {
  for (const [name, text] of Object.entries(documents)) {
    await Deno.writeTextFile(join(directory, name), text);
  }
}
