import { errnoOf, SessionctlError } from "../errors.ts";
import { usesPipes } from "./pipe_name.ts";
import { printablePath } from "./socket_path.ts";
import { whoElseDecides } from "./write_place.ts";

/**
 * Makes `directory` (mode 0700, parents too) or checks that the one that is
 * there is ours alone. Nothing is ever changed on a directory that exists.
 *
 * @throws {SessionctlError} `UNSAFE_DIRECTORY` when it is another user's, open to
 * others, or not a directory; `ACCESS_DENIED` or `IO_ERROR` when it cannot be made.
 */
export function ensurePrivateDirectory(directory: string): void {
  makeDirectory(directory);
  checkPrivateDirectory(directory);
}

/** Makes `directory` as {@link ensurePrivateDirectory} does, or checks it as {@link checkOwnDirectory} does. */
export function ensureOwnDirectory(directory: string): void {
  makeDirectory(directory);
  checkOwnDirectory(directory);
}

function makeDirectory(directory: string): void {
  checkWay(directory);
  try {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Something else under that name is reported by the check that follows.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotMake(directory, error);
  }
}

function cannotMake(directory: string, error: unknown): SessionctlError {
  const denied = error instanceof Deno.errors.PermissionDenied || errnoOf(error) === "EROFS";
  return new SessionctlError(
    denied ? "ACCESS_DENIED" : "IO_ERROR",
    `cannot make the directory ${printablePath(directory)}: ${(error as Error).message}`,
    { cause: error },
  );
}

/** The check alone; see {@link ensurePrivateDirectory}. */
export function checkPrivateDirectory(directory: string): void {
  checkDirectory(directory, 0o077, 700);
}

/**
 * The check of another program's directory that we put a file into: it has to be this
 * user's, and not open for everybody to write. Who may read, and the group that many
 * systems make for each user, are that program's matter.
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

/** @param forbidden The mode bits it may not have; `advised` is the mode the hint names. */
function checkDirectory(directory: string, forbidden: number, advised: number): void {
  let info: Deno.FileInfo;
  try {
    const link = Deno.lstatSync(directory);
    // Whoever owns a link can point it elsewhere at any time; root's are the system's.
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
      `cannot read the directory ${printablePath(directory)}: ${(error as Error).message}`,
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
  // Windows has no mode bits; the runtime makes some up.
  const open = (usesPipes() ? 0 : info.mode ?? 0) & forbidden;
  if (open !== 0) {
    throw unsafe(
      directory,
      `is open to others (mode ${((info.mode ?? 0) & 0o777).toString(8).padStart(4, "0")})`,
      `chmod ${advised} ${printablePath(directory)}, or choose another directory`,
    );
  }
}
