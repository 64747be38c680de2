import type { SystemContext } from "../platform/mod.ts";
import type { EditorDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { Walk } from "./walk.ts";

export const HOOK = "VSCODE_IPC_HOOK_CLI";

/**
 * Step 2: the window that the variable names, if it is live.
 *
 * @param requiredFolder With `--strict`: finds the folder of the window that holds the path. The
 * variable itself does not say which folders the window has open.
 */
export async function hookWindow(
  context: SystemContext,
  walk: Walk,
  liveness: LivenessCache,
  requiredFolder: ((socketPath: string) => Promise<string | undefined>) | undefined,
): Promise<EditorDestination | undefined> {
  const socketPath = context.env(HOOK);
  if (socketPath === undefined) {
    walk.note(HOOK, "not set");
    return undefined;
  }
  if (!(await liveness.isLive(socketPath, HOOK))) {
    const isHung = await liveness.probe(socketPath) === "unresponsive";
    if (isHung) walk.passOver(`the window that ${HOOK} names`);
    return undefined;
  }
  const folder = requiredFolder === undefined ? null : await requiredFolder(socketPath);
  if (folder !== undefined) return { kind: "editor", socketPath, step: "hook", folder };
  walk.note(HOOK, "not known to have the path, which --strict requires");
  return undefined;
}
