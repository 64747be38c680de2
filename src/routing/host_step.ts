import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { WindowDestination } from "./destination.ts";
import type { DesktopStep } from "./desktop_step.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouteOptions, RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

/**
 * Finds the window for a path that was named as `HOST:PATH`: a desktop window of this machine that
 * holds it, or else the window that the fleet has for it, which holds the path or was used last, or
 * else the desktop editor of this machine.
 *
 * @param uris The path, as a desktop editor here names it.
 * @param ofHost The fleet's window for the path.
 */
export async function windowOfHost(
  uris: readonly string[],
  { window }: NonNullable<RouteOptions["ofHost"]>,
  desktop: DesktopStep | undefined,
  { strict }: RouterOptions,
  _context: SystemContext,
  liveness: LivenessCache,
  walk: Walk,
): Promise<WindowDestination | undefined> {
  const holding = await desktop?.holding(uris);
  if (holding !== undefined) return holding;
  if (window === undefined) walk.note("fleet", "no window on another machine");
  else {
    const failure = liveness.failureOf(window.linkSocket);
    const { editorName, host, folder } = window;
    walk.note("fleet", failure ?? `${printablePath(editorName)} on ${printablePath(host)}`);
    if (failure === undefined && (folder !== null || !strict)) return window;
  }
  return strict ? undefined : await desktop?.mostRecent();
}
