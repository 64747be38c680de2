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

/** The files and folders of a selection that do not exist. */
export function missingPaths(directory: string, selection: readonly string[]): string[] {
  return selection.filter((each) => {
    if (each.startsWith("--")) return false;
    try {
      Deno.statSync(resolve(directory, each));
      return false;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return true;
      }
      throw error;
    }
  });
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

/**
 * Divides files into groups of neighbours, which import the same modules.
 *
 * @param long The files that take long. Each of these is a group of its own, before all others: a
 * file that starts last and takes long would leave the other cores idle at the end.
 */
export function groupsOf(
  files: readonly string[],
  size: number,
  long: readonly string[] = [],
): string[][] {
  const groups = long.filter((file) => files.includes(file)).map((file) => [file]);
  const others = files.filter((file) => !long.includes(file));
  for (let at = 0; at < others.length; at += size) groups.push(others.slice(at, at + size));
  return groups;
}
