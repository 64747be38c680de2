import { join } from "@std/path";
import { type Release, SUMMARY } from "./npm_packages.ts";
import { fail } from "./run.ts";

const templates = join(import.meta.dirname!, "manifests");

/**
 * Fills in the files from which other package managers build or install: a PKGBUILD, a Homebrew
 * formula, a Nix expression, winget's three manifests and Scoop's.
 *
 * @param hashes The SHA-256 of the release's files, in hexadecimal, by their names.
 * @returns the names of the written files.
 */
export async function writeManifests(
  release: Release,
  hashes: ReadonlyMap<string, string>,
  output: string,
): Promise<string[]> {
  const [owner] = release.repository.split("/");
  const values: Record<string, string> = {
    OWNER: owner!,
    REPOSITORY: release.repository,
    VERSION: release.version,
    // Versions of Arch Linux have no hyphen; one that ends in letters sorts before one without.
    ARCH_VERSION: release.version.replaceAll("-", ""),
    LICENSE: release.license,
    SUMMARY,
  };
  const names: string[] = [];
  for await (const { name } of Deno.readDir(templates)) {
    const text = await Deno.readTextFile(join(templates, name));
    const filled = text.replaceAll(/@([A-Z0-9_]+)(?::([^@\s]+))?@/g, (_, key, file) => {
      const value = key === "SHA256" ? hashes.get(file) : values[key];
      return value ?? fail(`the template ${name} has an unknown value: ${key} ${file ?? ""}`);
    });
    const target = name.replace("OWNER", owner!);
    await Deno.writeTextFile(join(output, target), filled);
    names.push(target);
  }
  return names;
}
