import { basename } from "@std/path";
import { SessionctlError } from "../errors.ts";
import {
  CLI_SOCKET_NAME,
  isPipePath,
  type PeerSource,
  socketOwnership,
  usesPipes,
} from "../platform/mod.ts";
import { requestUnix, type UnixResponse } from "../http/mod.ts";

/**
 * The result of probing an editor socket: `live` (a window answers), `dead` (nobody listens, the
 * file is missing, or it is not a socket), `unresponsive` (a process listens but does not answer),
 * `no-editor` (a program answers that is not an editor window), `forbidden` (it belongs to another
 * user, or we may not connect).
 */
export type EditorLiveness = "live" | "dead" | "unresponsive" | "no-editor" | "forbidden";

export interface ProbeOptions {
  /** Time limit of the editor's answer, in milliseconds; 300 by default. */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Tells the listener's owner, if the caller has loaded it; see `connectOwned`. */
  readonly kernel?: PeerSource;
}

export const DEFAULT_PROBE_TIMEOUT_MS = 300;

/** A message type that no editor knows, so that the probe has no effect. */
const PROBE_MESSAGE = { type: "sessionctl.probe" };

const PROBE_HEADERS = {
  Expect: "sessionctl-probe",
  Upgrade: "websocket",
  Connection: "Upgrade",
};

/**
 * A message that every window processes at once, without an effect: it opens an empty list of URLs.
 */
const EMPTY_MESSAGE = { type: "openExternal", uris: [] };

const PROBE_ANSWER_LIMIT = 64 * 1024;

/**
 * Probes the editor behind `socketPath`, without any effect on it.
 *
 * Connecting alone cannot detect a hung editor, because a stopped process still accepts. A window's
 * server is that of Node. It does not support upgrades, and answers an expectation that it cannot
 * meet with 417 before VS Code sees the request, so that nothing is logged there. An agent host,
 * which listens on a socket with a similar name, supports upgrades and answers 405. A program with
 * any other answer is not an editor window.
 *
 * Other servers also answer 417 (Go's, and code-server's own on its session socket). A socket
 * without the name of an editor socket therefore gets a second request, which only a window answers
 * with success.
 *
 * Source: microsoft/vscode `src/vs/workbench/api/node/extHostCLIServer.ts`; Node.js
 * `http.Server`, events `checkExpectation` and `upgrade`; RFC 9110, section 10.1.1.
 *
 * It never throws for a failure, because every failure is a verdict.
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
  if (usesPipes() && !isPipePath(socketPath)) return "dead";
  try {
    const { status } = await ask(socketPath, options, PROBE_MESSAGE, PROBE_HEADERS);
    if (status !== STATUS_EXPECTATION_FAILED) return "no-editor";
    if (CLI_SOCKET_NAME.test(basename(socketPath))) return "live";
    return isWindowsAnswer(await ask(socketPath, options, EMPTY_MESSAGE)) ? "live" : "no-editor";
  } catch (error) {
    switch (socketOwnership(socketPath, options.allowOwners)) {
      case "ours":
        return livenessOf(error);
      case "foreign":
      case "unreadable":
        return "forbidden";
      default:
        return "dead";
    }
  }
}

const STATUS_EXPECTATION_FAILED = 417;

function ask(
  socketPath: string,
  { timeoutMs = DEFAULT_PROBE_TIMEOUT_MS, allowOwners, kernel }: ProbeOptions,
  json: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<UnixResponse> {
  return requestUnix(socketPath, {
    method: "POST",
    target: "/",
    headers,
    json,
    timeoutMs,
    maxBodyBytes: PROBE_ANSWER_LIMIT,
    allowOwners,
    kernel,
  });
}

/** Editors from before 2020 do not know the message, and say so in their own words. */
function isWindowsAnswer(answer: UnixResponse): boolean {
  if (answer.status === 200) return true;
  return answer.status === 404 && answer.text().includes("Unknown message type");
}

/** The verdict for a failed request. */
export function livenessOf(error: unknown): Exclude<EditorLiveness, "live"> {
  if (!(error instanceof SessionctlError)) throw error;
  switch (error.code) {
    case "SOCKET_MISSING":
    case "CONNECTION_REFUSED":
      return "dead";
    case "ACCESS_DENIED":
    case "FOREIGN_OWNER":
      return "forbidden";
    case "INVALID_MESSAGE":
    case "HEAD_TOO_LARGE":
    case "MESSAGE_TOO_LARGE":
      return "no-editor";
    default:
      return "unresponsive";
  }
}
