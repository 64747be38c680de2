import { hasCode, SessionctlError } from "../errors.ts";
import { callInstance } from "../ipc/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { InstanceDestination } from "../routing/mod.ts";
import { openMessages } from "./editor_message.ts";
import type { OpenItem } from "./item.ts";
import type { RequestOptions, WindowRequest } from "./request.ts";
import { closedAfter } from "./wait.ts";

const TIMEOUT_MS = 10_000;

/** The calls of an instance that open the items: each hands it the message an editor would get. */
export function instanceRequests(
  { socketPath }: InstanceDestination,
  items: readonly OpenItem[],
  { modes, allowOwners, marker }: RequestOptions,
): WindowRequest[] {
  return openMessages(items, { modes, marker }).map((message) => ({
    message,
    async send() {
      await callInstance(socketPath, "open", message, { timeoutMs: TIMEOUT_MS, allowOwners })
        .catch((error) => {
          throw hasCode(error, "METHOD_NOT_FOUND") ? opensNothing(socketPath) : error;
        });
      return closedAfter(message, socketPath, allowOwners);
    },
  }));
}

/** An instance need not have the method; then another window may get the message. */
function opensNothing(socketPath: string): SessionctlError {
  const shown = printablePath(socketPath);
  return new SessionctlError("MESSAGE_UNREAD", `the instance at ${shown} does not open files`);
}
