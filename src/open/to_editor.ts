import { sendToEditor } from "../editor/mod.ts";
import type { EditorDestination } from "../routing/mod.ts";
import { openMessages } from "./editor_message.ts";
import type { OpenItem } from "./item.ts";
import type { RequestOptions, WindowRequest } from "./request.ts";
import { closedAfter } from "./wait.ts";

/** The messages to an editor socket that open the items. */
export function editorRequests(
  { socketPath, step }: EditorDestination,
  items: readonly OpenItem[],
  { modes, authority, allowOwners, marker }: RequestOptions,
): WindowRequest[] {
  // Only the window that the hook variable names is known to be the one of VSCODE_CLI_AUTHORITY.
  const mapped = step === "hook" ? authority : undefined;
  return openMessages(items, { modes, authority: mapped, marker }).map((message) => ({
    message,
    async send() {
      await sendToEditor(socketPath, message, { allowOwners });
      return closedAfter(message, socketPath, allowOwners);
    },
  }));
}
