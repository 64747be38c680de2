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
  /** When the link was last used from here; 0 if it did not answer then. */
  readonly usedAt: number;
  /** Whether it leads to the fleet, which may have a window anywhere. */
  readonly isFleet: boolean;
}

/**
 * This user's links on this machine, by their files: the one used last first, those that did not
 * answer last. Inside tmux and screen, the newest connection comes first, because the user has
 * attached with it. The link that `SESSIONCTL_LINK` names comes before all others, and the fleet
 * after all links.
 *
 * @param registrySocket The registry that the user named; then only its fleet is asked.
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
      return []; // Removed in the meantime.
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
 * Records in the file's times that a link was used, or that it did not answer. They only affect
 * this user's order of links, so a failure does little harm.
 */
export function noteUse({ path, madeAt, isFleet }: LinkSocket, answered: boolean): void {
  if (isFleet) return;
  try {
    Deno.utimeSync(path, answered ? Date.now() / 1000 : 0, madeAt / 1000);
  } catch {
    // The file is gone, or the file system does not store times.
  }
}

/** Removes the socket of an ended ssh connection, which sshd leaves there. */
export function removeDeadLink({ path, isFleet }: LinkSocket): void {
  // The registry that serves the fleet manages its own socket.
  if (isFleet) return;
  const identity = fileIdentity(path);
  try {
    if (identity !== undefined) removeIfSame(path, identity);
  } catch {
    // In another user's sticky folder it stays.
  }
}
