import { hasCode, messageOf, SessionctlError } from "../../errors.ts";
import { system } from "../../platform/mod.ts";
import type { ExtraRequest } from "../extra_request.ts";
import { askOverLink } from "./home.ts";
import { linkSockets } from "./sockets.ts";

const TIMEOUT_MS = 15_000;

/**
 * Asks the machines at the other end of this machine's links to open a web page or to set the
 * clipboard, until the first one does so.
 *
 * @param value The URL or the text.
 * @param onStep Called for each link that does not do it.
 * @returns the link's socket; undefined if there is no live link.
 * @throws {SessionctlError} `NOT_ALLOWED` or `EDITOR_REFUSED`, as answered by the first machine.
 */
export async function askAtHome(
  request: ExtraRequest,
  value: string,
  onStep: (line: string) => void,
): Promise<string | undefined> {
  let refusal: SessionctlError | undefined;
  for (const { path, isFleet } of linkSockets(system, false)) {
    if (isFleet) continue;
    const json = { version: 1, [request === "browse" ? "url" : "text"]: value };
    try {
      await askOverLink(path, "POST", `/v1/${request}`, { json, timeoutMs: TIMEOUT_MS });
      return path;
    } catch (error) {
      onStep(`link ${path}: ${messageOf(error)}`);
      const isAnswer = hasCode(error, "NOT_ALLOWED", "EDITOR_REFUSED");
      if (isAnswer && error instanceof SessionctlError) refusal ??= error;
    }
  }
  if (refusal) throw refusal;
  return undefined;
}
