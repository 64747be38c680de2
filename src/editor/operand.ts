import {
  absolutePath,
  errnoOf,
  messageOf,
  printablePath,
  realPathOf,
  SessionctlError,
} from "../platform/mod.ts";
import { fileUri } from "./file_uri.ts";

/** Where in a file: both count from 1. */
export interface Position {
  readonly line: number;
  readonly column?: number;
}

/** A file or folder as the user named it. */
export interface Operand {
  readonly typed: string;
  readonly kind: "file" | "folder";
  /** Absolute; links are kept, so that the tab shows the name the user knows. */
  readonly path: string;
  /** Absolute and without links: what folders are matched with. */
  readonly realPath: string;
  readonly position?: Position;
  /** The editor, told to read `:line`, would misread this path; it must not be told. */
  readonly neverGoto: boolean;
}

/**
 * Reads an operand: `FILE`, `FILE:LINE`, `FILE:LINE:COLUMN` or a folder.
 *
 * A file that is there under the whole name wins over the line reading. What is not
 * there is a file yet to be made. A trailing colon, as compilers print it, is ignored.
 *
 * @param workingDirectory What a relative name starts from.
 * @throws {SessionctlError} `USAGE` for an empty operand, `NOT_SUPPORTED` for a pipe or
 * device, `NOT_FOUND` when a parent is no directory, `ACCESS_DENIED`, `IO_ERROR`.
 * @example
 * ```ts
 * readOperand("src/main.ts:12", () => "/home/ann/api").position; // { line: 12 }
 * ```
 */
export function readOperand(typed: string, workingDirectory: () => string): Operand {
  if (typed === "") throw new SessionctlError("USAGE", "an operand is empty");
  const absolute = (name: string) => absolutePath(name, workingDirectory);
  for (const [name, position] of readings(typed)) {
    const path = absolute(name);
    const kind = kindOf(path, typed);
    if (kind === "missing") continue;
    return operand(typed, kind, path, kind === "file" ? position : undefined);
  }
  // Nothing of that name: a new file, by the reading that takes the line off.
  const [name, position] = readings(typed).at(-1)!;
  return operand(typed, "file", absolute(name), position);
}

/** The ways to read an operand, the most literal first. */
function readings(typed: string): [name: string, position?: Position][] {
  const found: [string, Position?][] = [[typed]];
  if (!typed.includes(":")) return found;
  const one = /^(.*[^:]):([0-9]{1,9}):?$/s.exec(typed);
  if (one) found.push([one[1]!, { line: Number(one[2]) }]);
  const two = /^(.*[^:]):([0-9]{1,9}):([0-9]{1,9}):?$/s.exec(typed);
  if (two) found.push([two[1]!, { line: Number(two[2]), column: Number(two[3]) }]);
  return found;
}

function operand(
  typed: string,
  kind: Operand["kind"],
  path: string,
  position: Position | undefined,
): Operand {
  const neverGoto = kind === "file" && misreadAsPosition(path);
  return { typed, kind, path, realPath: realPathOf(path), position, neverGoto };
}

/**
 * In goto mode an editor takes every part between colons that is a number (to
 * JavaScript, so an empty one too) for a line or column, wherever it stands.
 * Source: microsoft/vscode `parseLineAndColumnAware` in `src/vs/base/common/extpath.ts`.
 */
function misreadAsPosition(path: string): boolean {
  return path.includes(":") && path.split(":").some((part) => !Number.isNaN(Number(part)));
}

function kindOf(path: string, typed: string): Operand["kind"] | "missing" {
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
    { hint: "an editor cannot open pipes and devices; - reads what is piped in" },
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
      return new SessionctlError("ACCESS_DENIED", `${shown}: you may not look at this path`);
    default:
      return new SessionctlError("IO_ERROR", `${shown}: ${messageOf(error)}`, { cause: error });
  }
}

/** The operand's URI, with `:line:column` when `goto` is set and it has a position. */
export function operandUri({ path, position }: Operand, goto: boolean): string {
  const uri = fileUri(path);
  if (!goto || position === undefined) return uri;
  const { line, column } = position;
  return column === undefined ? `${uri}:${line}` : `${uri}:${line}:${column}`;
}

/**
 * The directory that relative names start from: `PWD`, which keeps the links the
 * user went through, where it still names the directory we are in.
 */
export function workingDirectory(env: (name: string) => string | undefined): string {
  const named = env("PWD");
  if (named?.startsWith("/")) {
    try {
      const [a, b] = [Deno.statSync(named), Deno.statSync(".")];
      if (a.dev === b.dev && a.ino === b.ino) return named;
    } catch {
      // A PWD that is gone says nothing.
    }
  }
  return Deno.cwd();
}
