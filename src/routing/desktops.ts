import { mainSocketPaths, type SystemContext } from "../platform/mod.ts";
import type { DesktopStep } from "./desktop_step.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

export type { DesktopStep };

/** The path of a main socket that a user typed, which may be in any directory. */
const MAIN_SOCKET = /^\/.*-main\.sock$/;

/**
 * The step for desktop editors. It loads only if a file has the name of a main socket.
 */
export async function desktopStep(
  options: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
  walk: Walk,
): Promise<DesktopStep | undefined> {
  const { allowOwners, editorsOnly, to } = options;
  if (editorsOnly) return undefined;
  const sockets = new Set(mainSocketPaths(context, allowOwners));
  if (to !== undefined && MAIN_SOCKET.test(to)) sockets.add(to);
  if (sockets.size === 0) return undefined;
  const { DesktopStep } = await import("./desktop_step.ts");
  return new DesktopStep([...sockets], options, context, walk, liveness);
}
