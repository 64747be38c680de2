import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
import { absolutePath, printablePath, usesPipes } from "../platform/mod.ts";
import { itemOfPath, type PathItem, type Position } from "./item.ts";
import { isUri, pathOfNamedUri } from "./named_uri.ts";

/**
 * Reads an operand: `FILE`, `FILE:LINE`, `FILE:LINE:COLUMN`, a folder, or one of these files as
 * a `file://` URI.
 *
 * An existing file with the whole name takes precedence over a line number. A file that does not
 * exist is a new one. A trailing colon, as compilers print it, is ignored, and so is the text that
 * `grep -n` and `rg -n` print after the position, if the file exists.
 *
 * @param workingDirectory Gives the folder to which a relative name refers.
 * @param position The position in the file, if it is not part of the operand.
 * @throws {SessionctlError} `USAGE` for an empty operand or another URI, `NOT_SUPPORTED` for a pipe
 * or device, `NOT_FOUND` if a parent is not a directory, `ACCESS_DENIED`, `IO_ERROR`.
 * @example
 * ```ts
 * readOperand("src/main.ts:12", () => "/home/ann/api").position; // { line: 12 }
 * ```
 */
export function readOperand(
  typed: string,
  workingDirectory: () => string,
  position?: Position,
): PathItem {
  if (typed === "") throw new SessionctlError("USAGE", "an operand is empty");
  const absolute = (name: string) => absolutePath(name, workingDirectory);
  if (isUri(typed) && kindOf(absolute(typed), typed) === "missing") {
    return { ...readOperand(pathOfNamedUri(typed), () => "/", position), typed };
  }
  const found = existing(typed, absolute);
  if (found) {
    const { kind, path } = found;
    return itemOfPath(kind, typed, path, position ?? found.position);
  }
  // The file does not exist, so the operand names a new file, with a line if it ends with one.
  const [name, inName] = readings(typed).at(-1)!;
  return itemOfPath("file", typed, absolute(name), position ?? inName);
}

/** Whether an operand is written as `HOST:/PATH`: a path of another machine. */
export function namesHost(typed: string): boolean {
  return /^(?!file:)[A-Za-z0-9_][A-Za-z0-9._-]*:\/(?!\/)/.test(typed) && !usesPipes();
}

interface Existing {
  readonly kind: PathItem["kind"];
  readonly path: string;
  readonly position?: Position;
}

/** The existing file or folder that one of the readings of an operand names. */
function existing(typed: string, absolute: (name: string) => string): Existing | undefined {
  let failure: unknown;
  for (const [name, position] of readings(typed)) {
    const path = absolute(name);
    try {
      const kind = kindOf(path, typed);
      if (kind !== "missing") return { kind, path, position };
    } catch (error) {
      failure ??= error;
    }
  }
  for (const [name, position] of searchReadings(typed)) {
    const path = absolute(name);
    if (isFile(path)) return { kind: "file", path, position };
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

type Reading = readonly [name: string, position?: Position];

/** The ways to read an operand, the most literal first. */
function readings(typed: string): Reading[] {
  const found: Reading[] = [[typed]];
  if (!typed.includes(":")) return found;
  const one = /^(.*[^:]):([0-9]{1,9}):?$/s.exec(typed);
  if (one) found.push([one[1]!, { line: Number(one[2]) }]);
  const two = /^(.*[^:]):([0-9]{1,9}):([0-9]{1,9}):?$/s.exec(typed);
  if (two) found.push([two[1]!, { line: Number(two[2]), column: Number(two[3]) }]);
  return found;
}

/**
 * Maximum number of positions tried in a line of search output, whose text may contain any number.
 */
const MOST_SEARCH_READINGS = 8;

/** The ways to read a line such as `FILE:LINE:TEXT` or `FILE:LINE:COLUMN:TEXT`. */
function searchReadings(typed: string): Reading[] {
  const found: Reading[] = [];
  for (const match of typed.matchAll(/(?<=[^:]):([0-9]{1,9})(?::([0-9]{1,9}))?:/g)) {
    if (found.length === MOST_SEARCH_READINGS) break;
    const [, line, column] = match;
    const position = { line: Number(line), ...column ? { column: Number(column) } : {} };
    found.push([typed.slice(0, match.index), position]);
  }
  return found;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function kindOf(path: string, typed: string): PathItem["kind"] | "missing" {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "missing";
    throw cannotLook(typed, error);
  }
  if (info.isDirectory) return "folder";
  // git difftool names /dev/null for a file that one side does not have.
  if (info.isFile || path === "/dev/null") return "file";
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `${printablePath(typed)} is neither a file nor a folder`,
    { hint: "an editor cannot open pipes and devices; use - to read a pipe" },
  );
}

function cannotLook(typed: string, error: unknown): SessionctlError {
  const shown = printablePath(typed.length > 200 ? `${typed.slice(0, 200)}...` : typed);
  switch (errnoOf(error)) {
    case "ENOTDIR":
      return new SessionctlError("NOT_FOUND", `${shown}: a part of this path is not a directory`);
    case "ENAMETOOLONG":
      return new SessionctlError("INVALID_ARGUMENT", `${shown}: the path is too long`);
    case "EACCES":
    case "EPERM":
      return new SessionctlError("ACCESS_DENIED", `${shown}: this path is not accessible`);
    default:
      return new SessionctlError("IO_ERROR", `${shown}: ${messageOf(error)}`, { cause: error });
  }
}
