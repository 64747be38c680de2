import {
  fileIdentity,
  fleetSocketPaths,
  linkSocketPaths,
  namedLinkSocket,
  registrySocketCandidates,
  removeIfSame,
  socketOwnership,
  type SystemContext,
} from "../../platform/mod.ts";

/** A link's socket on the machine that ssh connects to. */
export interface LinkSocket {
  readonly path: string;
  /** When the ssh connection was made, in milliseconds since the epoch. */
  readonly madeAt: number;
  /** When the link was last used from here; 0 when it did not answer then. */
  readonly usedAt: number;
  /** Whether it leads to the fleet, which has a window anywhere. */
  readonly isFleet: boolean;
}

/**
 * This user's links on this machine, by the files: the one used last first, those that did not
 * answer last. Inside tmux and screen the newest connection comes first: it is the one that the
 * person has attached with. The link that `SESSIONCTL_LINK` names comes before all, and the fleet
 * after all links.
 *
 * @param registrySocket The registry that the user named, whose fleet is asked alone.
 */
export function linkSockets(
  context: SystemContext,
  isMultiplexed: boolean,
  registrySocket?: string,
): LinkSocket[] {
  const found = linkSocketPaths(context).flatMap((path) => {
    if (socketOwnership(path) !== "ours") return [];
    try {
      const { mtime, atime } = Deno.lstatSync(path);
      return [{
        path,
        madeAt: mtime?.getTime() ?? 0,
        usedAt: atime?.getTime() ?? 0,
        isFleet: false,
      }];
    } catch {
      return []; // It has just gone.
    }
  });
  const rank = ({ madeAt, usedAt }: LinkSocket) =>
    isMultiplexed ? madeAt : Math.max(madeAt, usedAt);
  const named = namedLinkSocket(context);
  const isOther = ({ path }: LinkSocket) => Number(path !== named);
  found.sort((a, b) =>
    isOther(a) - isOther(b) || Number(a.usedAt === 0) - Number(b.usedAt === 0) || rank(b) - rank(a)
  );
  const fleets = fleetSocketPaths(registrySocketCandidates(registrySocket, context))
    .map((path) => ({ path, madeAt: 0, usedAt: 0, isFleet: true }));
  return [...found, ...fleets];
}

/**
 * Notes in the file's times that a link was used, or that it did not answer. Nobody else's order of
 * links depends on it, so that a failure matters little.
 */
export function noteUse({ path, madeAt, isFleet }: LinkSocket, answered: boolean): void {
  if (isFleet) return;
  try {
    Deno.utimeSync(path, answered ? Date.now() / 1000 : 0, madeAt / 1000);
  } catch {
    // The file is gone, or the file system keeps no times.
  }
}

/** Removes the socket of an ssh connection that has ended: sshd leaves it there. */
export function removeDeadLink({ path, isFleet }: LinkSocket): void {
  // The registry that serves the fleet looks after its own socket.
  if (isFleet) return;
  const identity = fileIdentity(path);
  try {
    if (identity !== undefined) removeIfSame(path, identity);
  } catch {
    // In a sticky folder of somebody else's it stays.
  }
}
