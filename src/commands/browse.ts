import { defineCommand, ExitCode, usage } from "../cli/mod.ts";
import { fileUri } from "../editor/mod.ts";
import { readOperand } from "../open/mod.ts";
import { SessionctlError } from "../errors.ts";
import { askEditorOrHome } from "./shared/ask_home.ts";
import { fileIdentity } from "../platform/mod.ts";
import { currentFolder, type TargetContext, targetOptions } from "./shared/editor_target.ts";

/** `sessionctl browse`: opens URLs in the browser of the editor's user. */
export const command = defineCommand({
  name: "browse",
  group: "open",
  summary: "Open URLs in the browser of your machine, through the editor",
  operands: [{ name: "URL", kind: "text", arity: "some" }],
  options: targetOptions,
  examples: [
    {
      command: "sessionctl browse http://localhost:8080",
      does: "open a page of a local server; the editor forwards the port",
    },
    {
      command: "export BROWSER='sessionctl browse %s'",
      does: "let programs on a server open pages on your machine",
    },
  ],
  details: ["An operand can also be a file's name. browse uses the window of the current folder."],
  run: (context) => browse(context, context.operands),
});

/** Sends URLs, or files by their names, to the editor's browser. */
export async function browse(
  context: TargetContext,
  operands: readonly string[],
): Promise<number> {
  if (operands.length === 0) throw new SessionctlError("USAGE", "there is no URL to open");
  const uris = withoutPlaceholder(operands).map(uriOf);
  const where = await askEditorOrHome(context, { type: "openExternal", uris });
  if (context.output.json) context.output.value({ ...where, uris });
  return ExitCode.Done;
}

/**
 * Drops an unused `%s`. Some programs replace a `%s` in `BROWSER` with the URL (xdg-open and
 * Python), others append the URL to the whole value (gh and scripts).
 */
function withoutPlaceholder(operands: readonly string[]): readonly string[] {
  return operands.length > 1 ? operands.filter((operand) => operand !== "%s") : operands;
}

/**
 * An operand with a scheme is a URL, anything else a file. Source: microsoft/vscode `openInBrowser`
 * in `server.cli.ts`.
 */
function uriOf(operand: string): string {
  if (!/^(?:[a-z][a-z0-9+.-]*:\/\/.|mailto:.|tel:.)/i.test(operand)) {
    const { path } = readOperand(operand, currentFolder);
    if (fileIdentity(path) === undefined) throw noUrl(operand);
    return fileUri(path);
  }
  try {
    return new URL(operand).href;
  } catch {
    throw new SessionctlError("USAGE", `not a URL: ${JSON.stringify(operand)}`);
  }
}

function noUrl(operand: string): SessionctlError {
  const isHost = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]+|\.[a-z]{2,}))(?:[:/?#]|$)/i;
  return usage(
    `${JSON.stringify(operand)} is not a URL, and there is no such file`,
    isHost.test(operand)
      ? `write it with its scheme: http://${operand}`
      : "a URL begins with its scheme, as https://example.org does",
  );
}
