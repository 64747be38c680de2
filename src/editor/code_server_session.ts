import { isAbsolute } from "@std/path";
import { requestUnix, type UnixRequest, type UnixResponse } from "../http/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** An answer has one path in it. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** What a registry answers; one of ours tells an upstream's client more than the socket. */
export interface SessionAnswer {
  readonly socketPath: string;
  readonly [field: string]: unknown;
}

type SessionRequest = Pick<UnixRequest, "timeoutMs" | "allowOwners" | "headers">;

/**
 * Asks a registry for the window of a path as code-server does: code-server's own, or another of
 * ours.
 *
 * Source: coder/code-server `src/node/vscodeSocket.ts` (`GET /session`). Where no window holds the
 * path, code-server's answers with the latest one.
 *
 * @param registry The registry's Unix socket.
 * @param path Absolute.
 * @param options `timeoutMs`: how long the answer may take, in milliseconds, as the registry probes
 * its windows first; `allowOwners`: further user ids whose sockets may be used; `headers`: further
 * fields of the request.
 * @returns the window's editor socket; undefined when the registry knows no live window.
 * @throws {SessionctlError} as `requestUnix`; `INVALID_MESSAGE` for an answer of another kind.
 */
export async function codeServerSession(
  registry: string,
  path: string,
  options: SessionRequest,
): Promise<string | undefined> {
  return (await sessionAnswer(registry, path, options))?.socketPath;
}

/** {@link codeServerSession} with all that the registry answers. */
export async function sessionAnswer(
  registry: string,
  path: string,
  options: SessionRequest,
): Promise<SessionAnswer | undefined> {
  const answer = await requestUnix(registry, {
    method: "GET",
    target: `/session?filePath=${encodeURIComponent(path)}`,
    ...options,
    maxBodyBytes: MAX_ANSWER_BYTES,
  });
  return checkAnswer(registry, answer);
}

/** What a registry answered, which may be anything; undefined when it knows no session. */
function checkAnswer(registry: string, answer: UnixResponse): SessionAnswer | undefined {
  const nonsense = (what: string) =>
    new SessionctlError("INVALID_MESSAGE", `${printablePath(registry)}: it answered ${what}`);
  if (answer.status !== 200) throw nonsense(`with status ${answer.status}`);
  let value: unknown;
  try {
    value = answer.json();
  } catch {
    throw nonsense("with invalid JSON");
  }
  if (typeof value !== "object" || value === null) throw nonsense("without a JSON object");
  const { socketPath } = value as { socketPath?: unknown };
  if (socketPath === undefined || socketPath === null) return undefined;
  if (typeof socketPath === "string" && isAbsolute(socketPath)) return { ...value, socketPath };
  throw nonsense("with an invalid socket path");
}
