import { basename } from "@std/path";
import { type ListedSession, windowIdOf, workspaceFolders } from "../../registry/mod.ts";

/** One editor window: what a person sees, with all its editor sockets. */
export interface ListedWindow {
  /** A part of the first socket's path that no other window's has: `--to ID` names the window. */
  readonly id: string;
  /** Of its extension host first, then those of its terminals; the live before the dead. */
  readonly sockets: readonly [ListedSession, ...ListedSession[]];
}

const BEST_FIRST: readonly ListedSession["liveness"][] = [
  "live",
  "unresponsive",
  "unknown",
  "forbidden",
  "no-editor",
  "dead",
];

/**
 * Puts the sockets of each window together.
 *
 * An extension host registers by itself, or its companion does, so each live one is a window. Its
 * terminals have a socket each, which the editor's server listens on for all windows. With the
 * companion, a terminal's hook tells the window's id. Without it, they belong to a window by their
 * folders: those of two windows on the same folder are told with the one that comes first. So is a
 * dead socket, which a window leaves when its page is loaded again.
 *
 * @param sessions In the registry's order; the windows come in the same order.
 */
export function windowsOf(sessions: readonly ListedSession[]): ListedWindow[] {
  const groups: ListedSession[][] = [];
  const known = new Map<string, ListedSession[]>();
  const isHost = ({ source, liveness }: ListedSession) =>
    (source === "api" || source === "companion") && liveness === "live";
  for (const session of [...sessions.filter(isHost), ...sessions.filter((one) => !isHost(one))]) {
    const keys = [windowIdOf(session), foldersKey(session)].filter((key) => key !== undefined);
    const group = isHost(session) ? undefined : keys.map((key) => known.get(key)).find(Boolean);
    if (group !== undefined) {
      group.push(session);
      continue;
    }
    const own = [session];
    groups.push(own);
    for (const key of keys) if (!known.has(key)) known.set(key, own);
  }
  const order = new Map(sessions.map((session, at) => [session, at]));
  const rank = (session: ListedSession) => order.get(session)!;
  const first = (group: readonly ListedSession[]) =>
    group.reduce((least, session) => Math.min(least, rank(session)), Infinity);
  const sorted = groups.sort((a, b) => first(a) - first(b)).map((group) =>
    group.sort((a, b) =>
      BEST_FIRST.indexOf(a.liveness) - BEST_FIRST.indexOf(b.liveness) ||
      Number(isHost(b)) - Number(isHost(a)) || rank(a) - rank(b)
    )
  );
  const taken = new Map<string, readonly ListedSession[] | "several">();
  for (const group of sorted) {
    for (const { socketPath } of group) {
      const part = shortName(socketPath);
      taken.set(part, (taken.get(part) ?? group) === group ? group : "several");
    }
  }
  return sorted.map((group) => {
    const [main, ...rest] = group as [ListedSession, ...ListedSession[]];
    const part = shortName(main.socketPath);
    const id = taken.get(part) === "several" ? main.socketPath : part;
    return { id, sockets: [main, ...rest] };
  });
}

/** The folders in one text; undefined for a window without a folder, which is like no other. */
function foldersKey({ workspace }: ListedSession): string | undefined {
  const folders = workspaceFolders(workspace);
  return folders.length === 0 ? undefined : JSON.stringify(folders.toSorted());
}

/** The first part of a socket's UUID, or the whole of another name. */
function shortName(socketPath: string): string {
  const name = basename(socketPath).replace(/\.sock$/, "");
  return /^vscode-ipc-([0-9a-f]{8})-/.exec(name)?.[1] ?? name;
}
