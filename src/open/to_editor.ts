import { sendToEditor } from "../editor/mod.ts";
import type { EditorDestination } from "../routing/mod.ts";
import { openMessages } from "./editor_message.ts";
import type { OpenItem } from "./item.ts";
import type { RequestOptions, WindowRequest } from "./request.ts";
import { closedAfter } from "./wait.ts";

/** Creates the messages that make an editor socket open the items. */
export function editorRequests(
  { socketPath, step }: EditorDestination,
  items: readonly OpenItem[],
  { modes, authority, allowOwners, marker }: RequestOptions,
): WindowRequest[] {
  // VSCODE_CLI_AUTHORITY is known to apply only to the window that the hook variable names.
  const mapped = step === "hook" ? authority : undefined;
  return openMessages(items, { modes, authority: mapped, marker }).map((message) => ({
    message,
    async send() {
      await sendToEditor(socketPath, message, { allowOwners });
      return closedAfter(message, socketPath, allowOwners);
    },
  }));
}
