import { dirname, resolve } from "@std/path";
import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
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
  /** What the user can do instead, where the file cannot be read or written. */
  readonly hint?: string;
  /** Of a file that is made; 0644 unless told. One that is there keeps its own. */
  readonly mode?: number;
  /** Of folders that are made; 0755 unless told. */
  readonly folderMode?: number;
  /** Called with the file that is about to take the place of the old one; throws to keep that. */
  check?(temporary: string): void;
}

/**
 * Changes a file of the user's at once, so that no crash leaves half of it: whoever reads it finds
 * the old text or the new one. Links stay, and the file behind them changes.
 *
 * @param change Gives the new text; the text of a file that is not there is empty.
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
    // By its own name, because another user's link on the way counts.
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
    throw failure("write", file, messageOf(error), error, options);
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
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : messageOf(error);
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
