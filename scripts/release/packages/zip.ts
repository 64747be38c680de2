import { join } from "@std/path";
import type { Companion } from "../companions.ts";
import type { Release } from "../npm_packages.ts";
import { run } from "../run.ts";
import { programName, type Target } from "../targets.ts";
import { type PackageOptions, writeTree } from "./files.ts";

/**
 * Creates the `.zip` of a program with zip, because winget does not accept `.tar.gz`. Equal files
 * give an equal archive.
 *
 * @returns the file's name.
 */
export async function writeZip(
  release: Release,
  target: Target,
  program: string,
  companions: readonly Companion[],
  { output, work }: PackageOptions,
): Promise<string> {
  const documents = Object.entries(release.documents)
    .map(([path, content]) => ({ path, content }));
  const files = [
    { path: programName(target), content: { file: program }, executable: true },
    ...documents,
    ...companions.map(({ path, text }) => ({ path, content: text })),
  ];
  await writeTree(files, work);
  const name = `sessionctl-${target.triple}.zip`;
  // The times in a zip are local; -X omits everything else that differs between machines.
  await run("zip", ["-X", "-q", join(output, name), ...files.map(({ path }) => path)], {
    cwd: work,
    env: { TZ: "UTC" },
    neededFor: "the .zip for winget and Scoop",
  });
  return name;
}
