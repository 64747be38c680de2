import {
  fleetSocketPaths,
  linkSocketPaths,
  registrySocketCandidates,
  type SystemContext,
} from "../platform/mod.ts";
import type { LinkStep } from "./link_step.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

export type { LinkStep };

/**
 * The step for links. It loads only if a file has the name of a link socket.
 *
 * @param written The paths as the user named them, by their real paths.
 */
export async function linkStep(
  { editorsOnly, registrySocket }: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
  walk: Walk,
  written: ReadonlyMap<string, string>,
): Promise<LinkStep | undefined> {
  if (editorsOnly || context.os === "windows") return undefined;
  const registries = registrySocketCandidates(registrySocket, context);
  if (linkSocketPaths(context).length === 0 && fleetSocketPaths(registries).length === 0) {
    walk.note("links to other machines", "none");
    return undefined;
  }
  const { LinkStep } = await import("./link_step.ts");
  return new LinkStep(context, walk, liveness, registrySocket, written);
}
