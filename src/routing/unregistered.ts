import { findEditorSockets } from "../discovery/mod.ts";
import { CLI_SOCKET_NAME, mainSocketPaths, type SystemContext } from "../platform/mod.ts";
import type { WindowDestination } from "./destination.ts";
import type { DesktopStep } from "./desktop_step.ts";
import type { DiscoveryStep } from "./discovery_step.ts";
import type { LinkStep } from "./links.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

/** Where windows that nobody registered are looked for. */
export interface UnregisteredPlaces {
  readonly context: SystemContext;
  readonly options: RouterOptions;
  readonly walk: Walk;
  readonly desktop: DesktopStep | undefined;
  readonly links: LinkStep | undefined;
  discovery(): Promise<DiscoveryStep>;
}

/**
 * A window that holds one of the paths and that nobody registered: one with an editor socket, else
 * one on the desktop, else one on a machine that is linked to this one.
 *
 * The former are told by their processes, and to look at every process takes longer than all else.
 * So where no editor socket lies in the usual places, the desktop editors are heard first.
 */
export async function unregisteredHolder(
  paths: readonly string[],
  { context, options, walk, desktop, links, discovery }: UnregisteredPlaces,
): Promise<WindowDestination | undefined> {
  const { allowOwners, editorsOnly } = options;
  const hasSockets = () => findEditorSockets(context, CLI_SOCKET_NAME, allowOwners).length > 0;
  const onDesktop = desktop && !hasSockets() ? await desktop.matching(paths) : undefined;
  const found = onDesktop ?? await (await discovery()).matching(paths);
  if (found === undefined && desktop === undefined) {
    const runs = editorsOnly && mainSocketPaths(context).length > 0;
    walk.note("desktop editors", runs ? "not asked, because they only open files" : "none runs");
  }
  return found ?? await desktop?.matching(paths) ?? await links?.matching(paths);
}
