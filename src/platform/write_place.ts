import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "./socket_path.ts";
import { followWay } from "./way.ts";

/** A group that root lets write to a folder is root's choice; everybody is not. */
const EVERYBODY = 0o002;

/**
 * Tells who else can decide where a path of root's leads: root may write anywhere, so a folder or
 * link of another user on the way could turn any write against any file. Of other users nothing
 * is asked, because the system keeps them from what is not theirs.
 *
 * @param path A file or folder, which need not exist.
 * @returns what is wrong, as the end of a sentence that begins with a path; undefined if nothing is.
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
    return undefined; // The rest is yet to be made, or making it tells what is wrong.
  }
}

/** Root, and in a user namespace whoever has no number there, root of the outside among them. */
function isTrusted(uid: number | null): boolean {
  return uid === 0 || (uid === unmappedUid() && uid !== null);
}

let unmapped: { readonly uid: number | null } | undefined;

/** The user id that stands for all without one; null outside of user namespaces. */
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
 * The check before any file is written: one that is there has to be ours, and as root nobody else
 * may decide where the path leads.
 *
 * @param path Links are followed.
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
 * Makes the folder of a file that is about to be written, with the check before and after: the
 * folder may have been made by somebody else in between.
 *
 * @param mode Of folders that are made.
 * @throws {SessionctlError} `ACCESS_DENIED` as {@link checkWritePlace}.
 * @throws what `Deno.mkdir` throws.
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
    return undefined; // It is yet to be made, or writing it tells what is wrong.
  }
}
