/** Products that use the version of VS Code's sources; other products have their own versions. */
const NUMBERED_AS_VSCODE: ReadonlySet<string> = new Set([
  "code",
  "code-insiders",
  "code-oss",
  "code-oss-dev",
  "vscodium",
  "vscodium-insiders",
]);

/**
 * The first version whose main process supports `remove` (microsoft/vscode pull request 236580).
 */
const FIRST_WITH_REMOVE = 97;
/**
 * Before this version, socket names had the whole version, so a truncated "1.13" is a later
 * version.
 */
const FIRST_CUT = 40;

/**
 * Whether an editor can remove folders from a window on request of a command line. Older ones open
 * the folder instead.
 *
 * @param version As in a main socket's name, which may be truncated to four characters.
 * @returns undefined if the version does not show it.
 */
export function canRemoveFolders(product: string, version: string): boolean | undefined {
  const [, minor, rest] = /^1\.(\d{1,3})(.*)$/.exec(version) ?? [];
  if (minor === undefined || !NUMBERED_AS_VSCODE.has(product)) return undefined;
  const isCut = rest === "" && Number(minor) < FIRST_CUT;
  return isCut || Number(minor) >= FIRST_WITH_REMOVE;
}
