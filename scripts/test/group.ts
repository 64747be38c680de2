/**
 * Groups of test files that run one after the other in one isolate. An isolate of its own, with the
 * modules that all tests import, takes more processor time than most tests.
 */
import { join, resolve, toFileUrl } from "@std/path";

/**
 * Writes a module for each group.
 *
 * @param into The folder for the modules.
 * @returns the modules.
 */
export async function writeGroups(
  directory: string,
  groups: readonly (readonly string[])[],
  into: string,
): Promise<string[]> {
  const root = `${toFileUrl(resolve(directory))}/`;
  return await Promise.all(groups.map(async (files, index) => {
    const path = join(into, `${String(index).padStart(3, "0")}.ts`);
    await Deno.writeTextFile(
      path,
      `import { loadGroup } from ${JSON.stringify(import.meta.resolve("./load_group.ts"))};
await loadGroup(${JSON.stringify(root)}, ${JSON.stringify(files)});
`,
    );
    return path;
  }));
}

/** The test files of a selection of files, folders and an `--ignore` option, in order. */
export function testFilesOf(directory: string, selection: readonly string[]): string[] {
  const ignored = selection.filter((each) => each.startsWith("--ignore="))
    .flatMap((each) => each.slice("--ignore=".length).split(","));
  const isIgnored = (path: string) =>
    ignored.some((each) => path === each || path.startsWith(each.replace(/\/*$/, "/")));
  const filesIn = (path: string): string[] => {
    if (isIgnored(path)) return [];
    if (!Deno.statSync(join(directory, path)).isDirectory) return [path];
    return [...Deno.readDirSync(join(directory, path))]
      .filter(({ isDirectory, name }) => isDirectory || name.endsWith("_test.ts"))
      .flatMap(({ name }) => filesIn(join(path, name)))
      .sort();
  };
  return selection.filter((each) => !each.startsWith("--")).flatMap(filesIn);
}

/** Divides files into groups of neighbours, which import the same modules. */
export function groupsOf(files: readonly string[], size: number): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < files.length; at += size) groups.push(files.slice(at, at + size));
  return groups;
}
