import { isAbsolute } from "@std/path";
import { SessionctlError } from "../../errors.ts";
import { isWithin, realPathOf } from "../../platform/mod.ts";
import type { ResumableEvent } from "../channel.ts";
import { type Disposable, disposable, type Event } from "../events.ts";
import { defineService, type ServiceDefinition } from "../channels/service.ts";

/** A session as the hub forwards it. Only the registry interprets its fields. */
export interface HubSession {
  /** The editor socket, and the session's key. */
  readonly socketPath: string;
  /** Further fields of the session. */
  readonly [field: string]: unknown;
}

/** The kind of change; `focused`: the session's window gained or lost the focus. */
export type SessionChangeType = "added" | "removed" | "pruned" | "focused";

/** The functions of the registry that the hub uses. */
export interface RegistryService {
  /** The sessions as they are now, without waiting. */
  snapshot(): readonly HubSession[];
  /** Calls `listener` at each change. @returns a function that unsubscribes. */
  subscribe(
    listener: (change: { type: SessionChangeType; session: HubSession }) => void,
  ): () => void;
  find(path: string): Promise<HubSession | undefined>;
  add(entry: unknown): Promise<HubSession>;
  remove(socketPath: string): Promise<HubSession | undefined>;
  prune(): Promise<readonly HubSession[]>;
  /** Called when a session's window has left the hub: the session may end soon. */
  windowLeft?(socketPath: string): void;
  /** The folders of a session's workspace, as written and as real paths. */
  foldersOf(session: HubSession): readonly string[];
}

/** The sessions that a subscriber is interested in; all of them by default. */
export interface SessionFilter {
  /** An editor socket. */
  readonly session?: string;
  /** An absolute path: sessions with an open folder that is this one or below it. */
  readonly folder?: string;
  /** Whether the first event is a snapshot. With it, no change is missed or reported twice. */
  readonly snapshot?: boolean;
}

/** An event of the channel `registry`. */
export type SessionChange =
  | {
    readonly type: "snapshot";
    readonly sessions: readonly HubSession[];
    /** Number of dropped events that the snapshot replaces. */
    readonly lost?: number;
  }
  | { readonly type: SessionChangeType; readonly session: HubSession };

/** The hub's channel `registry`. */
export interface RegistryChannel {
  /** All sessions. */
  list(): Promise<readonly HubSession[]>;
  /** The best session for an absolute path. */
  find(path: string): Promise<HubSession | undefined>;
  /** Registers a session; when this resolves, it is on the registry's disk. */
  add(entry: { readonly socketPath: string; readonly [field: string]: unknown }): Promise<
    HubSession
  >;
  /** Removes a session; undefined if there was none. */
  remove(socketPath: string): Promise<HubSession | undefined>;
  /** Removes the dead sessions and returns them. */
  prune(): Promise<readonly HubSession[]>;
  /** Every change from now on. */
  onDidChangeSessions(filter?: SessionFilter): Event<SessionChange>;
}

/** Both ends of the hub's channel `registry`. */
export const registryChannel: ServiceDefinition<RegistryChannel> = /* @__PURE__ */ defineService<
  RegistryChannel
>("registry", { eventsWithArgument: ["onDidChangeSessions"] });

/**
 * Implements the channel `registry`.
 *
 * @param turn Awaited before all sessions are sent to a peer, until there is room for them.
 */
export function serveRegistryChannel(
  registry: RegistryService,
  turn: () => Promise<void> | undefined = () => undefined,
): RegistryChannel {
  return {
    list: async () => {
      await turn();
      return registry.snapshot();
    },
    find: async (path) => await registry.find(checkAbsolutePath(path, "the path")),
    add: async (entry) => await registry.add(entry),
    remove: async (socketPath) =>
      await registry.remove(checkAbsolutePath(socketPath, "the session")),
    prune: async () => await registry.prune(),
    onDidChangeSessions: (filter) => sessionChanges(registry, checkFilter(filter), turn),
  };
}

function checkAbsolutePath(value: unknown, what: string): string {
  if (typeof value === "string" && isAbsolute(value) && !value.includes("\0")) return value;
  throw new SessionctlError("INVALID_ARGUMENT", `${what} must be an absolute path`);
}

function checkFilter(filter: unknown): SessionFilter {
  if (filter === undefined || filter === null) return {};
  if (typeof filter !== "object" || Array.isArray(filter)) {
    throw new SessionctlError("INVALID_ARGUMENT", "the filter must be an object");
  }
  const { session, folder, snapshot } = filter as Record<string, unknown>;
  return {
    ...(session === undefined ? {} : { session: checkAbsolutePath(session, "filter.session") }),
    ...(folder === undefined ? {} : { folder: checkAbsolutePath(folder, "filter.folder") }),
    snapshot: snapshot === true,
  };
}

function sessionChanges(
  registry: RegistryService,
  filter: SessionFilter,
  turn: () => Promise<void> | undefined,
): ResumableEvent<SessionChange> {
  const matches = matcher(registry, filter);
  /** Sessions reported to the subscriber, so that it learns when one of them stops matching. */
  let reported = new Set<string>();
  const snapshot = (): SessionChange & { type: "snapshot" } => {
    const sessions = registry.snapshot().filter(matches);
    reported = new Set(sessions.map(({ socketPath }) => socketPath));
    return { type: "snapshot", sessions };
  };
  const event = (listener: (change: SessionChange) => void): Disposable => {
    let stop: (() => void) | undefined;
    let over = false;
    const start = () => {
      if (over) return;
      const first = snapshot();
      if (filter.snapshot) listener(first);
      if (!over) stop = subscribe(listener);
    };
    const waiting = filter.snapshot ? turn() : undefined;
    if (waiting) waiting.then(start);
    else start();
    return disposable(() => {
      over = true;
      stop?.();
    });
  };
  const subscribe = (listener: (change: SessionChange) => void): () => void =>
    registry.subscribe(({ type, session }) => {
      const { socketPath } = session;
      if (matches(session)) {
        if (type === "added" || type === "focused") reported.add(socketPath);
        else reported.delete(socketPath);
        listener({ type, session });
      } else if (reported.delete(socketPath)) listener({ type: "removed", session });
    });
  return Object.assign(event, {
    afterLoss: (lost: number) => ({ ...snapshot(), lost }),
    untilRoom: turn,
  });
}

function matcher(
  registry: RegistryService,
  { session, folder }: SessionFilter,
): (candidate: HubSession) => boolean {
  const wanted = folder === undefined ? undefined : [trimmed(folder), trimmed(realPathOf(folder))];
  return (candidate) => {
    if (session !== undefined && candidate.socketPath !== session) return false;
    if (!wanted) return true;
    return registry.foldersOf(candidate).some((own) => wanted.some((top) => isWithin(own, top)));
  };
}

function trimmed(path: string): string {
  return path.replace(/(.)\/+$/s, "$1");
}
