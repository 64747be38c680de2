import { hasCode } from "../../errors.ts";
import { linkSocketPaths } from "../../platform/mod.ts";
import { askEditor, type TargetContext } from "./editor_target.ts";

type Message =
  | { readonly type: "openExternal"; readonly uris: readonly string[] }
  | { readonly type: "clipboard"; readonly content: string };

/**
 * Sends a message to the window of the current folder or, if this machine has no window, over a
 * link to the machine at its other end.
 *
 * @returns the window's socket, or the link's.
 * @throws {SessionctlError} as `askEditor` and, over a link, `askAtHome`.
 */
export async function askEditorOrHome(
  context: TargetContext,
  message: Message,
): Promise<{ readonly socketPath: string } | { readonly linkSocket: string }> {
  try {
    const { target: { socketPath } } = await askEditor(context, message);
    return { socketPath };
  } catch (error) {
    if (!hasCode(error, "NO_TARGET") || linkSocketPaths().length === 0) throw error;
    const { askAtHome } = await import("../../links/mod.ts");
    const [request, values] = message.type === "clipboard"
      ? ["clipboard", [message.content]] as const
      : ["browse", message.uris] as const;
    let linkSocket: string | undefined;
    for (const value of values) {
      linkSocket = await askAtHome(request, value, (line) => context.output.step(line));
      if (linkSocket === undefined) throw error;
    }
    return { linkSocket: linkSocket! };
  }
}
