import { basename } from "@std/path";
import { type ListedSession, windowIdOf, workspaceFolders } from "../../registry/mod.ts";

/** One editor window, with all its editor sockets. */
export interface ListedWindow {
  /** A part of the first socket's path that is unique among windows: `--to ID` names the window. */
  readonly id: string;
  /** That of its extension host first, then those of its terminals; live ones before dead ones. */
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
 * Groups sockets by window.
 *
 * Each live socket of an extension host, registered by itself or by its companion, is a window. Its
 * terminals have a socket each, on which the editor's server listens for all windows. With the
 * companion, a terminal's hook reports the window's id. Without it, terminals belong to a window by
 * their folders: with two windows on the same folder, they count as the first one's. The same
 * applies to a dead socket, which a window leaves behind when its page is reloaded.
 *
 * @param sessions Sessions in the registry's order; the windows have the same order.
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

/** The folders as one text; undefined for a window without a folder, which matches no other. */
function foldersKey({ workspace }: ListedSession): string | undefined {
  const folders = workspaceFolders(workspace);
  return folders.length === 0 ? undefined : JSON.stringify(folders.toSorted());
}

/** The first part of a socket's UUID, or the whole name if it has another form. */
function shortName(socketPath: string): string {
  const name = basename(socketPath).replace(/\.sock$/, "");
  return /^vscode-ipc-([0-9a-f]{8})-/.exec(name)?.[1] ?? name;
}
