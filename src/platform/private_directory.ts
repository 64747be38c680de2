import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import { usesPipes } from "./pipe_name.ts";
import { printablePath } from "./socket_path.ts";
import { whoElseDecides } from "./write_place.ts";

/**
 * Creates `directory` (mode 0700, including parents), or checks that the existing one is private to
 * us. An existing directory is never changed.
 *
 * @throws {SessionctlError} `UNSAFE_DIRECTORY` if it belongs to another user, is open to others, or
 * is not a directory; `ACCESS_DENIED` or `IO_ERROR` if it cannot be created.
 */
export function ensurePrivateDirectory(directory: string): void {
  makeDirectory(directory);
  checkPrivateDirectory(directory);
}

/**
 * Creates `directory` like {@link ensurePrivateDirectory}, or checks it like {@link
 * checkOwnDirectory}.
 */
export function ensureOwnDirectory(directory: string): void {
  makeDirectory(directory);
  checkOwnDirectory(directory);
}

function makeDirectory(directory: string): void {
  checkWay(directory);
  try {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    // The following check reports a file of another kind under that name.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotMake(directory, error);
  }
}

function cannotMake(directory: string, error: unknown): SessionctlError {
  const denied = error instanceof Deno.errors.PermissionDenied || errnoOf(error) === "EROFS";
  return new SessionctlError(
    denied ? "ACCESS_DENIED" : "IO_ERROR",
    `cannot make the directory ${printablePath(directory)}: ${reasonOf(error)}`,
    denied ? { cause: error, hint: "choose a directory that you may write to" } : { cause: error },
  );
}

/** Only checks the directory; see {@link ensurePrivateDirectory}. */
export function checkPrivateDirectory(directory: string): void {
  checkDirectory(directory, 0o077, 700);
}

/**
 * Checks another program's directory into which we put a file: it has to belong to this user, and
 * must not be world-writable. Readers, and the group that many systems create for each user, are
 * that program's decision.
 *
 * @throws {SessionctlError} `UNSAFE_DIRECTORY`, `IO_ERROR`.
 */
export function checkOwnDirectory(directory: string): void {
  checkDirectory(directory, 0o002, 755);
}

function unsafe(directory: string, reason: string, hint: string): SessionctlError {
  return new SessionctlError("UNSAFE_DIRECTORY", `${printablePath(directory)} ${reason}`, { hint });
}

/** For root: see {@link whoElseDecides}. */
function checkWay(directory: string): void {
  const reason = whoElseDecides(directory);
  if (reason !== undefined) throw unsafe(directory, reason, "choose a directory of your own");
}

/**
 * @param forbidden The mode bits it may not have. `advised` is the mode that the hint recommends.
 */
function checkDirectory(directory: string, forbidden: number, advised: number): void {
  let info: Deno.FileInfo;
  try {
    const link = Deno.lstatSync(directory);
    // The owner of a symlink can change its target at any time; root's symlinks belong to the
    // system.
    if (link.isSymlink && link.uid !== null && link.uid !== 0 && link.uid !== Deno.uid()) {
      throw unsafe(
        directory,
        `is a link of another user (uid ${link.uid})`,
        "choose a directory of your own",
      );
    }
    info = Deno.statSync(directory);
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot read the directory ${printablePath(directory)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  checkWay(directory);
  if (!info.isDirectory) throw unsafe(directory, "is not a directory", "choose another path");
  if (info.uid !== null && info.uid !== Deno.uid()) {
    throw unsafe(
      directory,
      `belongs to another user (uid ${info.uid})`,
      "choose a directory of your own",
    );
  }
  // Windows has no mode bits; the runtime invents some.
  const open = (usesPipes() ? 0 : info.mode ?? 0) & forbidden;
  if (open !== 0) {
    throw unsafe(
      directory,
      `is open to others (mode ${((info.mode ?? 0) & 0o777).toString(8).padStart(4, "0")})`,
      `chmod ${advised} ${printablePath(directory)}, or choose another directory`,
    );
  }
}
