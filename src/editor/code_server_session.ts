import { isAbsolute } from "@std/path/posix";
import { requestUnix, type UnixRequest } from "../http/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** An answer has one path in it. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Asks a code-server's own registry for the window of a path.
 *
 * Source: coder/code-server `src/node/vscodeSocket.ts` (`GET /session`). Where no window holds the
 * path, it answers with the latest one.
 *
 * @param registry The registry's Unix socket.
 * @param path Absolute.
 * @param options `timeoutMs`: how long the answer may take, in milliseconds, as the registry probes
 * its windows first; `allowOwners`: further user ids whose sockets may be used.
 * @returns the window's editor socket; undefined when the registry knows no live window.
 * @throws {SessionctlError} as `requestUnix`; `INVALID_MESSAGE` for an answer of another kind.
 */
export async function codeServerSession(
  registry: string,
  path: string,
  options: Pick<UnixRequest, "timeoutMs" | "allowOwners">,
): Promise<string | undefined> {
  const answer = await requestUnix(registry, {
    method: "GET",
    target: `/session?filePath=${encodeURIComponent(path)}`,
    ...options,
    maxBodyBytes: MAX_ANSWER_BYTES,
  });
  if (answer.status !== 200) {
    throw new SessionctlError(
      "INVALID_MESSAGE",
      `${printablePath(registry)}: it answered with status ${answer.status}`,
    );
  }
  const socketPath = (answer.json() as { socketPath?: unknown } | null)?.socketPath;
  return typeof socketPath === "string" && isAbsolute(socketPath) ? socketPath : undefined;
}
