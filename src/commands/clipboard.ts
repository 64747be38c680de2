import { defineCommand, ExitCode } from "../cli/mod.ts";
import { askEditorOrHome } from "./shared/ask_home.ts";
import { type TargetContext, targetOptions } from "./shared/editor_target.ts";
import { readStdinText } from "./shared/stdin_text.ts";

/** Maximum length in bytes; a longer text is hardly meant for a clipboard. */
const MAX_BYTES = 16 * 1024 * 1024;

/** `sessionctl clipboard`: copies stdin to the editor's clipboard. */
export const command = defineCommand({
  name: "clipboard",
  group: "open",
  summary: "Copy stdin to the clipboard of your machine, through the editor",
  operands: [],
  options: targetOptions,
  examples: [
    {
      command: "git rev-parse HEAD | sessionctl clipboard",
      does: "copy text from a server to your machine",
    },
  ],
  details: ["code-server supports this (4.90 and later); VS Code's own server refuses it."],
  run: copyToClipboard,
});

/** Sends stdin to the editor's clipboard. */
export async function copyToClipboard(context: TargetContext): Promise<number> {
  if (Deno.stdin.isTerminal()) context.output.note("reading stdin; end it with Ctrl-D");
  const content = await readStdinText(MAX_BYTES);
  const where = await askEditorOrHome(context, { type: "clipboard", content });
  if (context.output.json) {
    context.output.value({ ...where, characters: content.length });
  }
  return ExitCode.Done;
}
