import { appDataDirectory, type SystemContext, usesPipes } from "../platform/mod.ts";
import type { InstanceDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

const INSTANCE_NAME = /^ipc-[0-9a-f]{16}\.sock$/;

/** The step for instance sockets. It loads only if a file has the name of one. */
export async function instanceStep(
  paths: readonly string[],
  options: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
  walk: Walk,
): Promise<InstanceDestination | undefined> {
  if (!usesPipes(context)) {
    const directory = appDataDirectory(context);
    if (directory === undefined || !hasInstances(directory)) {
      walk.note("instance sockets", directory ? `none in ${directory}` : "no home directory");
      return undefined;
    }
  }
  const { findInstance } = await import("./late_steps.ts");
  return await findInstance(paths, options, context, liveness, walk);
}

function hasInstances(directory: string): boolean {
  try {
    return Array.from(Deno.readDirSync(directory)).some(({ name }) => INSTANCE_NAME.test(name));
  } catch {
    return false; // Missing, or not readable by this user.
  }
}
