import { mainSocketPaths, mayHaveEditorSockets, type SystemContext } from "../platform/mod.ts";
import type { WindowDestination } from "./destination.ts";
import type { DesktopStep } from "./desktop_step.ts";
import type { DiscoveryStep } from "./discovery_step.ts";
import type { LinkStep } from "./links.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

/** The places to search for windows that are not registered. */
export interface UnregisteredPlaces {
  readonly context: SystemContext;
  readonly options: RouterOptions;
  readonly walk: Walk;
  readonly desktop: DesktopStep | undefined;
  discovery(): Promise<DiscoveryStep>;
  links(): Promise<LinkStep | undefined>;
}

/**
 * Finds an unregistered window that holds one of the paths: first one with an editor socket, then
 * one on the desktop, then one on a linked machine.
 *
 * Windows with an editor socket are found by their processes, and examining every process takes
 * longer than all other steps. If the usual directories contain no editor socket, desktop editors
 * are therefore asked first.
 */
export async function unregisteredHolder(
  paths: readonly string[],
  { context, options, walk, desktop, links, discovery }: UnregisteredPlaces,
): Promise<WindowDestination | undefined> {
  const { allowOwners, editorsOnly } = options;
  const hasSockets = async () =>
    mayHaveEditorSockets(context, allowOwners) &&
    (await import("./late_steps.ts")).hasEditorSockets(context, allowOwners);
  const onDesktop = desktop && !await hasSockets() ? await desktop.matching(paths) : undefined;
  const found = onDesktop ?? await (await discovery()).matching(paths);
  if (found === undefined && desktop === undefined) {
    const runs = editorsOnly && mainSocketPaths(context).length > 0;
    walk.note("desktop editors", runs ? "not asked, because they only open files" : "none runs");
  }
  return found ?? await desktop?.matching(paths) ?? await (await links())?.matching(paths);
}
