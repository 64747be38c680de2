import { join } from "@std/path";
import { fileIdentity, isWithin, realPathOf } from "../platform/mod.ts";
import type { RouteOptions } from "./types.ts";

/**
 * The role of the current folder for a path. Git's own files belong to the folder in which git was
 * called, which may differ from the folder that contains them.
 *
 * @param path Absolute, links resolved.
 * @param currentFolder Absolute, links resolved; undefined if it no longer exists.
 * @param gitPrefix The value of `GIT_PREFIX`.
 */
export function routeOptionsFor(
  path: string,
  currentFolder: string | undefined,
  gitPrefix: string | undefined,
): RouteOptions {
  if (currentFolder === undefined || !isOfGit(path, currentFolder)) return { currentFolder };
  return { currentFolder: folderOfGit(currentFolder, gitPrefix), currentFolderFirst: true };
}

/**
 * Whether a path is one of git's own files (a commit message, a list of commits to rebase) that
 * git, called in the current folder, may have passed to its editor: it is below a `.git`, or below
 * a bare repository `NAME.git`.
 *
 * If the current folder is above the repository, the user is not working in that repository.
 *
 * @param path Absolute, links resolved.
 * @param currentFolder Absolute, links resolved.
 */
function isOfGit(path: string, currentFolder: string): boolean {
  const repository = /^(.*?)\/[^/]*\.git\//.exec(path)?.[1];
  if (repository === undefined) return false;
  return repository === currentFolder || !isWithin(repository, currentFolder);
}

/**
 * The folder in which git was called. Git starts its editor at the top of the working tree, and
 * passes the subfolder in `GIT_PREFIX`. Source: git's `setup.c` (`setup_git_directory_gently`).
 *
 * @param currentFolder Absolute, links resolved.
 * @param prefix The variable's value.
 */
function folderOfGit(currentFolder: string, prefix: string | undefined): string {
  if (!prefix) return currentFolder;
  const folder = join(currentFolder, prefix);
  return fileIdentity(folder) === undefined ? currentFolder : realPathOf(folder);
}

/**
 * The current folder, unless its window would hold the paths anyway.
 *
 * @param paths Absolute, links resolved.
 */
export function folderThatMatters(
  paths: readonly string[],
  { currentFolder, currentFolderFirst }: RouteOptions,
): string | undefined {
  if (currentFolder === undefined) return undefined;
  const below = paths.some((path) => isWithin(path, currentFolder));
  return below && !currentFolderFirst ? undefined : currentFolder;
}
