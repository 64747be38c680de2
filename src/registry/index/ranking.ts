import { dirname } from "@std/path";
import { pathDepth, pathKey, realPathOf, usesPipes } from "../../platform/mod.ts";
import { compareFocus, windowIdOf } from "../focus.ts";
import { type Linked, RankedChain, RankedList } from "./ranked_list.ts";
import { type Session, withoutTrailingSlashes, workspaceFolders } from "../session.ts";

/** A session ranked for a path. */
export interface Ranked {
  /** The session. */
  readonly session: Session;
  /** The folder of the session that holds the path; null if none does. */
  readonly folder: string | null;
}

interface Indexed extends Linked<Indexed> {
  readonly session: Session;
  readonly folders: readonly string[];
  /** A counter: higher for a later registration, independent of the clock. */
  readonly order: number;
}

/**
 * The order of sessions: first the window that has the focus, then the window that had it last,
 * then the latest registration. Among the sockets of one window, the companion's comes first,
 * because it ends with the window.
 */
function staysAhead(present: Indexed, added: Indexed): boolean {
  const byFocus = compareFocus(present.session, added.session);
  if (byFocus !== 0) return byFocus < 0;
  const ofWindow = isCompanions(present.session) - isCompanions(added.session);
  return ofWindow === 0 ? present.order > added.order : ofWindow > 0;
}

function isCompanions({ focusedAt, source }: Session): number {
  return Number(focusedAt !== undefined && source === "companion");
}

/**
 * The index of all sessions. It finds the sessions for a path by walking up the path's ancestors,
 * so the cost of a lookup grows with the path's depth and not with the number of sessions.
 */
export class RankingIndex {
  readonly #bySocket = new Map<string, Indexed>();
  /**
   * The session of each folder, or a list if several sessions have the same folder, which is rare.
   */
  readonly #byFolder = new Map<string, Indexed | RankedList<Indexed>>();
  /** The sessions whose window id is known, by that id. */
  readonly #byWindow = new Map<string, Set<Indexed>>();
  readonly #all = new RankedChain<Indexed>(staysAhead);
  #registrations = 0;
  #version = 0;

  /** Increases with every added or removed session, and with every change of the order. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#bySocket.size;
  }

  get(socketPath: string): Session | undefined {
    return this.#bySocket.get(socketPath)?.session;
  }

  /**
   * Adds a session as the latest one. Replaces an earlier one with the same socket, and returns it.
   */
  add(session: Session): Session | undefined {
    const former = this.delete(session.socketPath);
    this.#version++;
    const indexed: Indexed = {
      session,
      folders: indexKeys(session),
      order: ++this.#registrations,
      better: undefined,
      worse: undefined,
    };
    this.#bySocket.set(session.socketPath, indexed);
    const window = windowIdOf(session);
    if (window !== undefined) {
      const sockets = this.#byWindow.get(window);
      if (sockets) sockets.add(indexed);
      else this.#byWindow.set(window, new Set([indexed]));
    }
    this.#rank(indexed);
    return former;
  }

  #rank(indexed: Indexed): void {
    this.#all.add(indexed);
    for (const folder of indexed.folders) this.#addTo(folder, indexed);
  }

  #unrank(indexed: Indexed): void {
    this.#all.delete(indexed);
    for (const folder of indexed.folders) this.#deleteFrom(folder, indexed);
  }

  /** Changes a session's focus, and moves the session to its new position. */
  setFocus(session: Session, focused: boolean, focusedAt: number | undefined): void {
    const indexed = this.#bySocket.get(session.socketPath)!;
    this.#version++;
    this.#unrank(indexed);
    session.focused = focused;
    session.focusedAt = focusedAt;
    this.#rank(indexed);
  }

  /** The session that ranks first regardless of the path. */
  get first(): Session | undefined {
    return this.#all.best?.session;
  }

  /** The sessions of the same window, including the given one. */
  ofWindow(session: Session): Session[] {
    const window = windowIdOf(session);
    const sockets = window === undefined ? undefined : this.#byWindow.get(window);
    return sockets === undefined ? [session] : [...sockets].map(({ session }) => session);
  }

  #addTo(folder: string, indexed: Indexed): void {
    const present = this.#byFolder.get(folder);
    if (present === undefined) {
      this.#byFolder.set(folder, indexed);
    } else if (present instanceof RankedList) {
      present.add(indexed);
    } else {
      const list = new RankedList<Indexed>(staysAhead);
      list.add(present);
      list.add(indexed);
      this.#byFolder.set(folder, list);
    }
  }

  #deleteFrom(folder: string, indexed: Indexed): void {
    const present = this.#byFolder.get(folder)!;
    if (present instanceof RankedList) {
      present.delete(indexed);
      if (present.size > 0) return;
    }
    this.#byFolder.delete(folder);
  }

  #inFolder(folder: string): Iterable<Indexed> {
    const present = this.#byFolder.get(folder);
    if (present === undefined) return [];
    return present instanceof RankedList ? present : [present];
  }

  delete(socketPath: string): Session | undefined {
    const indexed = this.#bySocket.get(socketPath);
    if (!indexed) return undefined;
    this.#version++;
    this.#bySocket.delete(socketPath);
    this.#unrank(indexed);
    const window = windowIdOf(indexed.session);
    const sockets = window === undefined ? undefined : this.#byWindow.get(window);
    if (sockets?.delete(indexed) && sockets.size === 0) this.#byWindow.delete(window!);
    return indexed.session;
  }

  /** All sessions: by focus, then by registration, latest first. */
  *sessions(): IterableIterator<Session> {
    for (const { session } of this.#all) yield session;
  }

  /** The sessions that hold `path`: deepest folder first, then in the order of {@link sessions}. */
  *matching(path: string): IterableIterator<Ranked> {
    // A lookup seldom takes more than the first.
    let seen: Set<Indexed> | undefined;
    for (const folder of ancestors(path)) {
      for (const indexed of this.#inFolder(pathKey(folder))) {
        if (seen?.has(indexed)) continue;
        yield { session: indexed.session, folder };
        (seen ??= new Set()).add(indexed);
      }
    }
  }

  /**
   * Yields {@link matching}, then at most `limit` other sessions in the order of {@link sessions}.
   */
  *candidates(path: string, limit: number = Infinity): IterableIterator<Ranked> {
    const matched = new Set<Session>();
    for (const ranked of this.matching(path)) {
      matched.add(ranked.session);
      yield ranked;
    }
    let others = 0;
    for (const { session } of this.#all) {
      if (matched.has(session)) continue;
      if (++others > limit) return;
      yield { session, folder: null };
    }
  }
}

/** The index keys of a session: its folders as written and as real paths. */
function indexKeys(session: Session): string[] {
  const keys = new Set<string>();
  for (const folder of workspaceFolders(session.workspace)) {
    keys.add(pathKey(folder));
    keys.add(pathKey(realPathOf(folder)));
  }
  return [...keys];
}

/** A path segment `..`. */
const PARENT = usesPipes() ? /[\\/]\.\.([\\/]|$)/ : /\/\.\.(\/|$)/;
/** A `:line` or `:line:column` suffix. */
const POSITION = /:[0-9]+(:[0-9]+)?$/;

/**
 * The possible folders of `path`, deepest first, by whole segments: the ancestors of the real path
 * and of the path as written. Either may end with `:line[:column]`.
 */
function ancestors(path: string): Iterable<string> {
  const real = realPathOf(withoutPosition(path));
  const written = withoutTrailingSlashes(path);
  // After a symlink, a written ".." leads to another folder than the real one.
  if (written === real || PARENT.test(written)) return selfAndAncestors(real);
  const folders = new Set([...selfAndAncestors(real), ...selfAndAncestors(written)]);
  return [...folders].sort((a, b) => pathDepth(b) - pathDepth(a));
}

/** Removes a position suffix, unless a file with that exact name exists. */
function withoutPosition(path: string): string {
  if (!POSITION.test(path)) return path;
  try {
    Deno.lstatSync(path);
    return path;
  } catch {
    return path.replace(POSITION, "");
  }
}

function* selfAndAncestors(path: string): IterableIterator<string> {
  yield path;
  if (POSITION.test(path)) yield path.replace(POSITION, "");
  for (let below = path, folder = dirname(path); folder !== below; folder = dirname(below)) {
    yield folder;
    below = folder;
  }
}
