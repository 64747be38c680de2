import { findEditorSockets } from "../discovery/mod.ts";
import { CLI_SOCKET_NAME, type SystemContext } from "../platform/mod.ts";
import type { WindowDestination } from "./destination.ts";
import type { DesktopStep } from "./desktop_step.ts";
import type { DiscoveryStep } from "./discovery_step.ts";

/** Where windows that nobody registered are looked for. */
export interface UnregisteredPlaces {
  readonly context: SystemContext;
  readonly allowOwners: readonly number[] | undefined;
  readonly desktop: DesktopStep | undefined;
  discovery(): Promise<DiscoveryStep>;
}

/**
 * A window that holds one of the paths and that nobody registered: one with an editor socket, else
 * one on the desktop.
 *
 * The former are told by their processes, and to look at every process takes longer than all else.
 * So where no editor socket lies in the usual places, the desktop editors are heard first.
 */
export async function unregisteredHolder(
  paths: readonly string[],
  { context, allowOwners, desktop, discovery }: UnregisteredPlaces,
): Promise<WindowDestination | undefined> {
  const hasSockets = () => findEditorSockets(context, CLI_SOCKET_NAME, allowOwners).length > 0;
  const onDesktop = desktop && !hasSockets() ? await desktop.matching(paths) : undefined;
  return onDesktop ?? await (await discovery()).matching(paths) ?? await desktop?.matching(paths);
}
