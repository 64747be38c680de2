import { dirname } from "@std/path";
import { messageOf, SessionctlError } from "../errors.ts";
import { callInstance, workspaceSocketPath } from "../ipc/mod.ts";
import {
  ownershipReason,
  pathKey,
  printablePath,
  socketOwnership,
  type SystemContext,
} from "../platform/mod.ts";
import type { InstanceDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

const HEALTH_TIMEOUT_MS = 1000;

/** Step 4: the instance that has a folder above a path open, deepest folder first. */
export async function findInstance(
  paths: readonly string[],
  options: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
  walk: Walk,
): Promise<InstanceDestination | undefined> {
  for (const path of paths) {
    for (let folder = path;; folder = dirname(folder)) {
      const socketPath = await workspaceSocketPath(folder, {}, context);
      if (await answersFor(folder, socketPath, options, liveness, walk)) {
        return { kind: "instance", socketPath, step: "instance", folder };
      }
      if (dirname(folder) === folder) break;
    }
    walk.note("instance sockets", `none for ${printablePath(path)} and the folders above it`);
  }
  return undefined;
}

/** Whether a live instance answers, and for this folder: two folders may share a hash. */
async function answersFor(
  folder: string,
  socketPath: string,
  options: RouterOptions,
  liveness: LivenessCache,
  walk: Walk,
): Promise<boolean> {
  const ownership = socketOwnership(socketPath, options.allowOwners);
  if (ownership === "missing") return false;
  const place = `instance socket ${printablePath(socketPath)}`;
  if (ownership !== "ours") {
    walk.note(place, ownershipReason(ownership));
    return false;
  }
  const failure = liveness.failureOf(socketPath);
  if (failure !== undefined) {
    walk.note(place, failure);
    return false;
  }
  try {
    const health = await callInstance(socketPath, "health", {}, {
      timeoutMs: HEALTH_TIMEOUT_MS,
      allowOwners: options.allowOwners,
    });
    const { workspace, ghost } = (health ?? {}) as { workspace?: unknown; ghost?: unknown };
    if (ghost === true) {
      walk.note(place, "its page does not answer");
      return false;
    }
    const same = typeof workspace !== "string" || pathKey(workspace) === pathKey(folder);
    walk.note(place, same ? `live, has ${printablePath(folder)}` : `belongs to ${workspace}`);
    return same;
  } catch (error) {
    if (!(error instanceof SessionctlError)) throw error;
    // Only connecting shows whether a pipe exists.
    if (error.code !== "SOCKET_MISSING") walk.note(place, messageOf(error));
    return false;
  }
}
