import { isWithin } from "../platform/mod.ts";
import type { Directory } from "./directory.ts";
import type { FleetHost } from "./host_table.ts";
import type { FleetWindow } from "./values.ts";

/** A host that would get a path, and its window. */
export interface Choice {
  readonly host: string;
  /** The window's name for users. */
  readonly name: string;
  /** The folder of the window that holds the path; undefined if none does. */
  readonly folder?: string;
}

interface Ranked {
  readonly choice: Choice;
  readonly depth: number;
  readonly window: FleetWindow | undefined;
}

/**
 * Chooses the host of the fleet that gets a path of `owner`: the one with a window whose folder
 * holds it (the deepest folder, then the window focused last); otherwise the one with a desktop
 * editor whose windows were used last, which can open any host's files.
 *
 * @param owner The host to which the paths belong.
 * @param without A host that has already checked its own windows.
 * @param paths Absolute, the most specific first.
 */
export function chooseHost(
  directory: Directory,
  owner: string,
  paths: readonly string[],
  without: string | null = owner,
): Choice | undefined {
  const others = [...directory.hosts()].filter((host) =>
    host.name !== without && host.live !== undefined
  );
  for (const path of paths) {
    const [best] = others.flatMap((host) => holders(host, owner, path)).sort(better);
    if (best !== undefined) return best.choice;
  }
  const desktops = others.filter(({ live }) => live!.desktop).map((host) => lastUsed(host));
  return desktops.sort(better)[0]?.choice;
}

function holders({ name: host, windows }: FleetHost, owner: string, path: string): Ranked[] {
  return [...windows.values()].flatMap((window) =>
    window.folders.filter((folder) => folder.host === owner && isWithin(path, folder.path))
      .map(({ path: folder }) => ({
        choice: { host, name: window.name, folder },
        depth: folder.length,
        window,
      }))
  );
}

function lastUsed({ name: host, windows }: FleetHost): Ranked {
  const [window] = [...windows.values()].sort(byUse);
  const desktop = [...windows.values()].find(({ kind }) => kind === "desktop");
  return { choice: { host, name: desktop?.name ?? "a desktop editor" }, depth: 0, window };
}

function better(a: Ranked, b: Ranked): number {
  return b.depth - a.depth || byUse(a.window, b.window);
}

function byUse(a: FleetWindow | undefined, b: FleetWindow | undefined): number {
  const focus = Number(b?.focused ?? false) - Number(a?.focused ?? false);
  return focus || (b?.lastActive ?? 0) - (a?.lastActive ?? 0);
}
