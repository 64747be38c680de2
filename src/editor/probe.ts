import { basename } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { CLI_SOCKET_NAME, socketOwnership } from "../platform/mod.ts";
import { requestUnix, type UnixResponse } from "../http/mod.ts";

/**
 * What a probe of an editor socket found: `live` (a window answers), `dead` (nobody
 * listens, nothing is there, or it is no socket), `unresponsive` (somebody listens and does
 * not answer), `no-editor` (something answers that is no editor window), `forbidden`
 * (another user's, or we may not connect).
 */
export type EditorLiveness = "live" | "dead" | "unresponsive" | "no-editor" | "forbidden";

export interface ProbeOptions {
  /** How long the editor may take to answer, in milliseconds; 300 unless told. */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

export const DEFAULT_PROBE_TIMEOUT_MS = 300;

/** A type no editor knows, so that asking has no effect. */
const PROBE_MESSAGE = { type: "sessionctl.probe" };

const PROBE_HEADERS = {
  Expect: "sessionctl-probe",
  Upgrade: "websocket",
  Connection: "close, Upgrade",
};

/** What every window does at once, without an effect: it opens each URL of none. */
const EMPTY_MESSAGE = { type: "openExternal", uris: [] };

const PROBE_ANSWER_LIMIT = 64 * 1024;

/**
 * Asks the editor behind `socketPath` whether it is there, without any effect on it.
 *
 * A connect alone cannot see a hung editor: a stopped process still accepts. A window's
 * server is Node's, which takes no upgrades and answers an expectation that it cannot meet
 * with 417 before VS Code sees the request, so nothing is logged there. An agent host, which
 * listens on a socket with the same kind of name, takes upgrades and answers 405. Whatever
 * gives another answer is no editor window.
 *
 * Other servers answer 417 as well (Go's, code-server's own on its session socket). A socket
 * whose name is not that of an editor's is therefore asked a second question, which only a
 * window answers with success.
 *
 * Source: microsoft/vscode `src/vs/workbench/api/node/extHostCLIServer.ts`; Node.js
 * `http.Server`, events `checkExpectation` and `upgrade`; RFC 9110, section 10.1.1.
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
  if (ownership === "foreign" || ownership === "unreadable") return "forbidden";
  if (ownership !== "ours") return "dead";
  try {
    const { status } = await ask(socketPath, options, PROBE_MESSAGE, PROBE_HEADERS);
    if (status !== STATUS_EXPECTATION_FAILED) return "no-editor";
    if (CLI_SOCKET_NAME.test(basename(socketPath))) return "live";
    return isWindowsAnswer(await ask(socketPath, options, EMPTY_MESSAGE)) ? "live" : "no-editor";
  } catch (error) {
    return livenessOf(error);
  }
}

const STATUS_EXPECTATION_FAILED = 417;

function ask(
  socketPath: string,
  { timeoutMs = DEFAULT_PROBE_TIMEOUT_MS, allowOwners }: ProbeOptions,
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
  });
}

/** Editors from before 2020 do not know the message, and say so in their own words. */
function isWindowsAnswer(answer: UnixResponse): boolean {
  if (answer.status === 200) return true;
  return answer.status === 404 && answer.text().includes("Unknown message type");
}

/** What a failed request says about the editor. */
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
