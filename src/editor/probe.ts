import { SessionctlError, socketOwnership } from "../platform/mod.ts";
import { requestUnix } from "../platform/http/mod.ts";

/**
 * What a probe of an editor socket found: `live` (it answers), `dead` (nobody
 * listens, nothing is there, or it is no socket), `unresponsive` (somebody listens and does not
 * answer as an editor does), `forbidden` (another user's, or we may not connect).
 */
export type EditorLiveness = "live" | "dead" | "unresponsive" | "forbidden";

export interface ProbeOptions {
  /** How long the editor may take to answer, in milliseconds; 300 unless told. */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

export const DEFAULT_PROBE_TIMEOUT_MS = 300;

/** A type no editor knows, so that asking has no effect. */
const PROBE_MESSAGE = { type: "sessionctl.probe" };

const PROBE_HEADERS = { Expect: "sessionctl-probe" };

const PROBE_ANSWER_LIMIT = 64 * 1024;

/**
 * Asks the editor behind `socketPath` whether it is there, without any effect on it.
 *
 * A connect alone cannot see a hung editor: a stopped process still accepts. So a
 * message of a type nobody knows is sent, which every VS Code answers with 404. Having
 * done so it tries to answer once more, and logs that failure; an expectation that
 * cannot be met spares its log, because Node's server answers 417 before VS Code sees
 * the request. Any status counts as life: whoever speaks HTTP here runs its event loop.
 * Source: microsoft/vscode `src/vs/workbench/api/node/extHostCLIServer.ts`; Node.js
 * `http.Server`, event `checkExpectation`; RFC 9110, section 10.1.1.
 *
 * It never fails: whatever goes wrong is a verdict.
 *
 * @example
 * ```ts
 * if (await probeEditor(path, { timeoutMs: 300 }) === "live") await sendToEditor(path, message);
 * ```
 */
export async function probeEditor(
  socketPath: string,
  options: ProbeOptions = {},
): Promise<EditorLiveness> {
  const ownership = socketOwnership(socketPath, options.allowOwners);
  if (ownership === "foreign") return "forbidden";
  if (ownership !== "ours") return "dead";
  try {
    await requestUnix(socketPath, {
      method: "POST",
      target: "/",
      headers: PROBE_HEADERS,
      json: PROBE_MESSAGE,
      timeoutMs: options.timeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS,
      maxBodyBytes: PROBE_ANSWER_LIMIT,
      allowOwners: options.allowOwners,
    });
    return "live";
  } catch (error) {
    return livenessOf(error);
  }
}

/** What a failed request says about the editor. */
function livenessOf(error: unknown): EditorLiveness {
  if (!(error instanceof SessionctlError)) throw error;
  switch (error.code) {
    case "SOCKET_MISSING":
    case "CONNECTION_REFUSED":
      return "dead";
    case "ACCESS_DENIED":
    case "FOREIGN_OWNER":
      return "forbidden";
    default:
      return "unresponsive";
  }
}
