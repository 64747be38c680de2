import { hasCode, SessionctlError } from "../errors.ts";
import { callInstance } from "../ipc/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { InstanceDestination } from "../routing/mod.ts";
import { openMessages } from "./editor_message.ts";
import type { OpenItem } from "./item.ts";
import type { RequestOptions, WindowRequest } from "./request.ts";
import { closedAfter } from "./wait.ts";

const TIMEOUT_MS = 10_000;

/** Creates the calls that make an instance open the items, with the message an editor would get. */
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

/** The error of an instance without the method `open`; another window may get the message then. */
function opensNothing(socketPath: string): SessionctlError {
  const shown = printablePath(socketPath);
  return new SessionctlError("MESSAGE_UNREAD", `the instance at ${shown} does not open files`);
}
