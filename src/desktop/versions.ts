/** Products whose version is that of VS Code's sources; the others count by themselves. */
const NUMBERED_AS_VSCODE: ReadonlySet<string> = new Set([
  "code",
  "code-insiders",
  "code-oss",
  "code-oss-dev",
  "vscodium",
  "vscodium-insiders",
]);

/** The first version whose main process heeds `remove` (microsoft/vscode pull request 236580). */
const FIRST_WITH_REMOVE = 97;
/** Before this version, sockets' names had the whole version, so that a cut "1.13" is later. */
const FIRST_CUT = 40;

/**
 * Whether an editor can remove folders from a window when it is asked to by a command line. Older
 * ones open the folder instead.
 *
 * @param version As a main socket's name has it, which may be cut after four characters.
 * @returns undefined when the version does not tell.
 */
export function canRemoveFolders(product: string, version: string): boolean | undefined {
  const [, minor, rest] = /^1\.(\d{1,3})(.*)$/.exec(version) ?? [];
  if (minor === undefined || !NUMBERED_AS_VSCODE.has(product)) return undefined;
  const isCut = rest === "" && Number(minor) < FIRST_CUT;
  return isCut || Number(minor) >= FIRST_WITH_REMOVE;
}
