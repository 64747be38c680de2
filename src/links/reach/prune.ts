import { errnoOf } from "../../errors.ts";
import {
  connectOwned,
  fileIdentity,
  linkSocketPaths,
  removeIfSame,
  system,
  type SystemContext,
} from "../../platform/mod.ts";

/**
 * Removes the far ends of links whose ssh connections have ended, because sshd leaves the files
 * behind. A live link is not connected to if the kernel knows its listener, because the other end
 * would notice a connection.
 *
 * @param dryRun Removes nothing.
 * @returns the paths that were removed.
 */
export async function pruneLinkSockets(
  dryRun = false,
  context: SystemContext = system,
): Promise<string[]> {
  const paths = linkSocketPaths(context);
  if (paths.length === 0) return [];
  const listening = listeningPaths(context);
  const removed: string[] = [];
  for (const path of paths.filter((path) => !listening.has(path))) {
    const identity = fileIdentity(path);
    if (identity === undefined || !(await isDead(path))) continue;
    try {
      if (dryRun || removeIfSame(path, identity)) removed.push(path);
    } catch {
      // It is mounted, or in a folder of another user.
    }
  }
  return removed;
}

/** Source: proc_pid_net(5), `/proc/net/unix`, which omits sockets of other network namespaces. */
function listeningPaths({ readTextFile }: SystemContext): ReadonlySet<string> {
  const lines = readTextFile("/proc/net/unix")?.split("\n") ?? [];
  return new Set(lines.map((line) => line.slice(line.indexOf("/"))));
}

async function isDead(path: string): Promise<boolean> {
  try {
    (await connectOwned(path)).conn.close();
    return false;
  } catch (error) {
    return errnoOf(error) === "ECONNREFUSED";
  }
}
