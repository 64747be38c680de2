import { dirname, resolve } from "@std/path";
import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import {
  checkWritePlace,
  makeFolderOf,
  printablePath,
  realPathOf,
  replaceFile,
} from "../platform/mod.ts";

/** The maximum length of a chain of symlinks that Linux follows. */
const MAX_LINKS = 40;

export interface ChangeOptions {
  /** A hint for the user if the file cannot be read or written. */
  readonly hint?: string;
  /** The mode of a new file; 0644 by default. An existing file keeps its mode. */
  readonly mode?: number;
  /** The mode of new folders; 0755 by default. */
  readonly folderMode?: number;
  /** Called with the file that will replace the old one; throws to keep the old one. */
  check?(temporary: string): void;
}

/**
 * Changes a file of the user atomically: a reader finds the old text or the new one, even after a
 * crash. Symlinks stay, and their target changes.
 *
 * @param change Returns the new text; it gets an empty text if the file does not exist.
 * @throws {SessionctlError} `ACCESS_DENIED` or `IO_ERROR`.
 */
export function changeFile(
  file: string,
  change: (text: string) => string,
  options: ChangeOptions = {},
): { readonly before: string; readonly isChanged: boolean } {
  const before = readText(file, options) ?? "";
  const text = change(before);
  if (text === before) return { before, isChanged: false };
  const real = behindLinks(file);
  try {
    // By the given path, to check for links of other users on the way.
    checkWritePlace(file);
    makeFolderOf(real, options.folderMode ?? 0o755);
    const mode = infoOf(real)?.mode;
    replaceFile(real, text, {
      mode: options.mode ?? 0o644,
      prepare(made) {
        if (mode != null) Deno.chmodSync(made, mode & 0o7777);
        options.check?.(made);
      },
    });
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    throw failure("write", file, reasonOf(error), error, options);
  }
  return { before, isChanged: true };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(file: string, options: ChangeOptions): string | undefined {
  try {
    return decoder.decode(Deno.readFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // Text that is not UTF-8 would not survive rewriting.
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : reasonOf(error);
    throw failure("read", file, reason, error, options);
  }
}

/** Resolves symlinks. The target may not exist yet, such as dotfiles that are not checked out. */
function behindLinks(file: string): string {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      path = resolve(realPathOf(dirname(path)), Deno.readLinkSync(path));
    } catch {
      break; // Not a symlink.
    }
  }
  return realPathOf(path);
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function failure(
  verb: string,
  file: string,
  reason: string,
  cause: unknown,
  { hint }: ChangeOptions,
): SessionctlError {
  const denied = ["EACCES", "EPERM", "EROFS"].includes(errnoOf(cause) ?? "");
  return new SessionctlError(
    denied ? "ACCESS_DENIED" : "IO_ERROR",
    `cannot ${verb} ${printablePath(file)}: ${reason}`,
    { hint, cause },
  );
}
