import { dirname } from "@std/path/posix";
import { realPathOf } from "../../platform/mod.ts";
import { type Linked, RecencyChain, RecencyList } from "./recency_list.ts";
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
}

/**
 * The sessions, ordered for any path by walking up the path's ancestors: what a
 * lookup costs grows with the path's depth, not with the number of sessions.
 */
export class RankingIndex {
  readonly #bySocket = new Map<string, Indexed>();
  /** By folder: a session, or a list where there are several, which is seldom. */
  readonly #byFolder = new Map<string, Indexed | RecencyList<Indexed>>();
  readonly #byRecency = new RecencyChain<Indexed>();

  #version = 0;

  /** Goes up with every session that comes or goes. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#bySocket.size;
  }

  get(socketPath: string): Session | undefined {
    return this.#bySocket.get(socketPath)?.session;
  }

  /** Adds a session as the most recent one, in place of an earlier one with its socket, which it returns. */
  add(session: Session): Session | undefined {
    const former = this.delete(session.socketPath);
    this.#version++;
    const indexed: Indexed = {
      session,
      folders: indexKeys(session),
      newer: undefined,
      older: undefined,
    };
    this.#bySocket.set(session.socketPath, indexed);
    this.#byRecency.add(indexed);
    for (const folder of indexed.folders) this.#addTo(folder, indexed);
    return former;
  }

  #addTo(folder: string, indexed: Indexed): void {
    const present = this.#byFolder.get(folder);
    if (present === undefined) {
      this.#byFolder.set(folder, indexed);
    } else if (present instanceof RecencyList) {
      present.add(indexed);
    } else {
      const list = new RecencyList<Indexed>();
      list.add(present);
      list.add(indexed);
      this.#byFolder.set(folder, list);
    }
  }

  #deleteFrom(folder: string, indexed: Indexed): void {
    const present = this.#byFolder.get(folder)!;
    if (present instanceof RecencyList) {
      present.delete(indexed);
      if (present.size > 0) return;
    }
    this.#byFolder.delete(folder);
  }

  #inFolder(folder: string): Iterable<Indexed> {
    const present = this.#byFolder.get(folder);
    if (present === undefined) return [];
    return present instanceof RecencyList ? present : [present];
  }

  delete(socketPath: string): Session | undefined {
    const indexed = this.#bySocket.get(socketPath);
    if (!indexed) return undefined;
    this.#version++;
    this.#bySocket.delete(socketPath);
    this.#byRecency.delete(indexed);
    for (const folder of indexed.folders) this.#deleteFrom(folder, indexed);
    return indexed.session;
  }

  /** Every session, the most recently registered first. */
  *sessions(): IterableIterator<Session> {
    for (const { session } of this.#byRecency) yield session;
  }

  /** The sessions that hold `path`: deepest folder first, then the most recently registered. */
  *matching(path: string): IterableIterator<Ranked> {
    const seen = new Set<Indexed>();
    for (const folder of ancestors(path)) {
      for (const indexed of this.#inFolder(folder)) {
        if (seen.has(indexed)) continue;
        seen.add(indexed);
        yield { session: indexed.session, folder };
      }
    }
  }

  /** {@link matching}, then all others by recency. */
  *candidates(path: string): IterableIterator<Ranked> {
    const matched = new Set<Session>();
    for (const ranked of this.matching(path)) {
      matched.add(ranked.session);
      yield ranked;
    }
    for (const { session } of this.#byRecency) {
      if (!matched.has(session)) yield { session, folder: null };
    }
  }
}

/** A session is found under its folders as written and as they really are. */
function indexKeys(session: Session): string[] {
  const keys = new Set<string>();
  for (const folder of workspaceFolders(session.workspace)) {
    keys.add(folder);
    keys.add(realPathOf(folder));
  }
  return [...keys];
}

/** Where a `:line` or `:line:column` suffix begins. */
const POSITION = /:[0-9]+(:[0-9]+)?$/;

/**
 * The folders that hold `path`, deepest first, by whole segments: of the real path
 * and of the path as written. Either may carry a trailing `:line[:column]`.
 */
function ancestors(path: string): string[] {
  const real = realPathOf(withoutPosition(path));
  const folders = new Set<string>(selfAndAncestors(real));
  const written = withoutTrailingSlashes(path);
  // Behind a link "..", as written, leads elsewhere than it really does.
  if (written !== real && !/\/\.\.(\/|$)/.test(written)) {
    for (const folder of selfAndAncestors(written)) folders.add(folder);
  }
  return [...folders].sort((a, b) => depth(b) - depth(a));
}

/** A file that is really named so is meant; else a position is not part of the path. */
function withoutPosition(path: string): string {
  if (!POSITION.test(path)) return path;
  try {
    Deno.lstatSync(path);
    return path;
  } catch {
    return path.replace(POSITION, "");
  }
}

function selfAndAncestors(path: string): string[] {
  const folders = [path, path.replace(POSITION, "")];
  for (let folder = dirname(path); folder !== folders.at(-1); folder = dirname(folder)) {
    folders.push(folder);
  }
  return folders;
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length;
}
