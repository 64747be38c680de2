import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "./socket_path.ts";
import { followWay } from "./way.ts";

/**
 * Root's choice of a group that may write to a folder is trusted; write access for everyone is not.
 */
const EVERYBODY = 0o002;

/**
 * Determines who else controls where a path of root's leads: root may write anywhere, so a folder
 * or symlink of another user on the way could redirect any write to any file. For other users this
 * is not checked, because the system protects files that do not belong to them.
 *
 * @param path A file or folder, which need not exist.
 * @returns the problem, as the end of a sentence that begins with a path; undefined if there is
 * none.
 */
export function whoElseDecides(path: string): string | undefined {
  if (Deno.uid() !== 0) return undefined;
  try {
    const { culprit } = followWay(path, isTrusted, EVERYBODY);
    if (!culprit) return undefined;
    const { uid } = culprit.info;
    const shown = printablePath(culprit.path);
    return isTrusted(uid)
      ? `lies behind ${shown}, which other users may change`
      : `lies behind ${shown}, which belongs to another user (uid ${uid})`;
  } catch {
    return undefined; // The rest does not exist yet, or creating it will report the problem.
  }
}

/** Root and, in a user namespace, users without a number there, including the outer root. */
function isTrusted(uid: number | null): boolean {
  return uid === 0 || (uid === unmappedUid() && uid !== null);
}

let unmapped: { readonly uid: number | null } | undefined;

/** The user id that stands for all users without one; null outside of user namespaces. */
function unmappedUid(): number | null {
  return (unmapped ??= { uid: readUnmapped() }).uid;
}

/** Source: user_namespaces(7), `/proc/PID/uid_map` and `/proc/sys/kernel/overflowuid`. */
function readUnmapped(): number | null {
  try {
    const map = Deno.readTextFileSync("/proc/self/uid_map").trim().split(/\s+/);
    if (map.join(" ") === "0 0 4294967295") return null;
    return Number(Deno.readTextFileSync("/proc/sys/kernel/overflowuid"));
  } catch {
    return null;
  }
}

/**
 * Checks a file before it is written: an existing file has to be ours, and for root, no other user
 * may control where the path leads.
 *
 * @param path Symlinks are followed.
 * @throws {SessionctlError} `ACCESS_DENIED`.
 */
export function checkWritePlace(path: string): void {
  const refuse = (reason: string) => {
    throw new SessionctlError("ACCESS_DENIED", `cannot write ${printablePath(path)}: ${reason}`);
  };
  const owner = ownerOf(path);
  if (owner != null && owner !== Deno.uid()) {
    refuse(`it belongs to another user (uid ${owner}): run this as that user`);
  }
  const reason = whoElseDecides(path);
  if (reason !== undefined) refuse(`it ${reason}: run this as that user`);
}

/**
 * Creates the folder of a file that is about to be written, and checks it before and after, because
 * another user may have created the folder in between.
 *
 * @param mode The mode of created folders.
 * @throws {SessionctlError} `ACCESS_DENIED` as {@link checkWritePlace}.
 * @throws the errors of `Deno.mkdir`.
 */
export function makeFolderOf(path: string, mode: number): void {
  checkWritePlace(path);
  Deno.mkdirSync(dirname(path), { recursive: true, mode });
  checkWritePlace(path);
}

function ownerOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return undefined; // It does not exist yet, or writing it will report the problem.
  }
}
