import { isAbsolute } from "@std/path";
import { requestUnix, type UnixRequest, type UnixResponse } from "../http/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";

/** Maximum length of an answer, which contains one path. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The answer of a registry. One of ours sends an upstream's client more than the socket. */
export interface SessionAnswer {
  readonly socketPath: string;
  readonly [field: string]: unknown;
}

type SessionRequest = Pick<UnixRequest, "timeoutMs" | "allowOwners" | "headers">;

/**
 * Asks a registry for the window of a path like code-server does: code-server's own registry, or
 * another of ours.
 *
 * Source: coder/code-server `src/node/vscodeSocket.ts` (`GET /session`). If no window holds the
 * path, code-server answers with the latest one.
 *
 * @param registry The registry's Unix socket.
 * @param path Absolute.
 * @param options `timeoutMs`: time limit of the answer, in milliseconds, which includes the
 * registry's probes; `allowOwners`: further user ids whose sockets may be used; `headers`: further
 * header fields of the request.
 * @returns the window's editor socket; undefined if the registry knows no live window.
 * @throws {SessionctlError} as `requestUnix`; `INVALID_MESSAGE` for an invalid answer.
 */
export async function codeServerSession(
  registry: string,
  path: string,
  options: SessionRequest,
): Promise<string | undefined> {
  return (await sessionAnswer(registry, path, options))?.socketPath;
}

/** Like {@link codeServerSession}, with all fields of the registry's answer. */
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

/** Checks a registry's answer, which may be anything; undefined if it knows no session. */
function checkAnswer(registry: string, answer: UnixResponse): SessionAnswer | undefined {
  const invalidAnswer = (what: string) =>
    new SessionctlError("INVALID_MESSAGE", `${printablePath(registry)}: it answered ${what}`);
  if (answer.status !== 200) throw invalidAnswer(`with status ${answer.status}`);
  let value: unknown;
  try {
    value = answer.json();
  } catch {
    throw invalidAnswer("with invalid JSON");
  }
  if (typeof value !== "object" || value === null) throw invalidAnswer("without a JSON object");
  const { socketPath } = value as { socketPath?: unknown };
  if (socketPath === undefined || socketPath === null) return undefined;
  if (typeof socketPath === "string" && isAbsolute(socketPath)) return { ...value, socketPath };
  throw invalidAnswer("with an invalid socket path");
}
