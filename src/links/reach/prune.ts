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
 * Removes the far ends of links whose ssh connections have ended: sshd leaves the files behind. A
 * live link is not connected to, which its other end would notice, if the kernel knows its listener.
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
      // It is mounted, or lies in a folder of somebody else's.
    }
  }
  return removed;
}

/** Source: proc_pid_net(5), `/proc/net/unix`. Sockets of other network namespaces are not in it. */
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
