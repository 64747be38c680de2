import { dirname, join } from "@std/path";
import { SessionctlError } from "../errors.ts";
import {
  besideSocket,
  ensurePrivateDirectory,
  logDirectory,
  registrySocketCandidates,
  system,
} from "../platform/mod.ts";

/**
 * The first path of a registry's socket whose directory exists or can be created, and does not
 * belong to another user.
 *
 * @param onPassedOver Called with the reason why a path is skipped.
 * @throws {SessionctlError} `UNSAFE_DIRECTORY`, `IO_ERROR`.
 */
export function usableSocket(
  candidates: readonly string[],
  onPassedOver: (reason: string) => void = () => {},
): string {
  const last = candidates.length - 1;
  return candidates.find((candidate, index) => {
    try {
      if (index < last) ensurePrivateDirectory(dirname(candidate));
      return true;
    } catch (error) {
      if (!(error instanceof SessionctlError) || !isOutOfReach(dirname(candidate), error)) {
        throw error;
      }
      onPassedOver(error.message);
      return false;
    }
  })!;
}

/** Whether the user cannot fix the problem: another user's folder is not ours to change. */
function isOutOfReach(directory: string, { code }: SessionctlError): boolean {
  if (code === "ACCESS_DENIED") return true;
  const owner = system.ownerOf(directory);
  return code === "UNSAFE_DIRECTORY" && owner !== undefined && owner !== system.uid;
}

/** The pid file of a registry: `registry.pid` beside `registry.sock`. */
export function pidFilePath(socketPath: string): string {
  return besideSocket(socketPath.replace(/\.sock$/, ""), ".pid");
}

/**
 * The log of a background registry: `registry.log` in the log directory, or another name for a
 * registry on a socket of its own. Without a home directory, the log is beside the socket.
 */
export async function logFilePath(socketPath: string): Promise<string> {
  let directory: string;
  try {
    directory = logDirectory();
  } catch (error) {
    if (!(error instanceof SessionctlError) || error.code !== "STATE_UNAVAILABLE") throw error;
    return logFileBeside(socketPath);
  }
  const usual = registrySocketCandidates().includes(socketPath);
  return join(directory, usual ? "registry.log" : `registry-${await shortHash(socketPath)}.log`);
}

/** The path of the log if the log directory cannot be used. */
export function logFileBeside(socketPath: string): string {
  return besideSocket(socketPath.replace(/\.sock$/, ""), ".log");
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest).subarray(0, 4)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
