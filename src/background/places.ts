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
 * The first place of a registry's socket whose directory is there or can be made, and is not
 * another user's.
 *
 * @param onPassedOver Told why a place is not used.
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

/** What its user can mend is an error; another user's folder is not ours to mend. */
function isOutOfReach(directory: string, { code }: SessionctlError): boolean {
  if (code === "ACCESS_DENIED") return true;
  const owner = system.ownerOf(directory);
  return code === "UNSAFE_DIRECTORY" && owner !== undefined && owner !== system.uid;
}

/** Beside the registry's socket, the usual `registry.sock`: `registry.pid`. */
export function pidFilePath(socketPath: string): string {
  return besideSocket(socketPath.replace(/\.sock$/, ""), ".pid");
}

/**
 * The log of a registry in the background: `registry.log` in the log directory; one on a
 * socket of its own has a log of its own. Without a home directory it lies beside the socket.
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

/** Where the log goes if there is no better place. */
export function logFileBeside(socketPath: string): string {
  return besideSocket(socketPath.replace(/\.sock$/, ""), ".log");
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest).subarray(0, 4)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
