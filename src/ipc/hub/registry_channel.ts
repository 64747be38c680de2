import { isAbsolute } from "@std/path";
import { SessionctlError } from "../../errors.ts";
import { isWithin, realPathOf } from "../../platform/mod.ts";
import type { ResumableEvent } from "../channel.ts";
import { type Disposable, disposable, type Event } from "../events.ts";
import { defineService, type ServiceDefinition } from "../channels/service.ts";

/** A session as the hub passes it on; the registry knows what is in it. */
export interface HubSession {
  /** The editor socket, and the session's key. */
  readonly socketPath: string;
  /** Everything else that the registry knows of it. */
  readonly [field: string]: unknown;
}

/** How a session changed; `focused`: its window gained the focus, or lost it. */
export type SessionChangeType = "added" | "removed" | "pruned" | "focused";

/** What the hub needs of the registry. */
export interface RegistryService {
  /** The sessions as they are now, without waiting. */
  snapshot(): readonly HubSession[];
  /** Calls `listener` at each change; gives a function that stops that. */
  subscribe(
    listener: (change: { type: SessionChangeType; session: HubSession }) => void,
  ): () => void;
  find(path: string): Promise<HubSession | undefined>;
  add(entry: unknown): Promise<HubSession>;
  remove(socketPath: string): Promise<HubSession | undefined>;
  prune(): Promise<readonly HubSession[]>;
  /** The window of a session has left the hub: the session may be gone soon. */
  windowLeft?(socketPath: string): void;
  /** The folders of a session's workspace, as written and as they really are. */
  foldersOf(session: HubSession): readonly string[];
}

/** Which sessions a subscriber wants to hear of; all of them unless told. */
export interface SessionFilter {
  /** An editor socket. */
  readonly session?: string;
  /** An absolute path: sessions that have this folder open, or one below it. */
  readonly folder?: string;
  /** Whether the first event is to be a snapshot; then no change is missed or told twice. */
  readonly snapshot?: boolean;
}

/** What a subscriber of the channel `registry` hears. */
export type SessionChange =
  | {
    readonly type: "snapshot";
    readonly sessions: readonly HubSession[];
    /** How many events this stands for, which were dropped. */
    readonly lost?: number;
  }
  | { readonly type: SessionChangeType; readonly session: HubSession };

/** The hub's channel `registry`. */
export interface RegistryChannel {
  /** All sessions. */
  list(): Promise<readonly HubSession[]>;
  /** The best session for a path, which is absolute. */
  find(path: string): Promise<HubSession | undefined>;
  /** Registers a session; when this resolves, it is on the registry's disk. */
  add(entry: { readonly socketPath: string; readonly [field: string]: unknown }): Promise<
    HubSession
  >;
  /** Removes a session; undefined if there was none. */
  remove(socketPath: string): Promise<HubSession | undefined>;
  /** Removes the dead sessions, and gives them. */
  prune(): Promise<readonly HubSession[]>;
  /** Every change from now on. */
  onDidChangeSessions(filter?: SessionFilter): Event<SessionChange>;
}

/** Both ends of the hub's channel `registry`. */
export const registryChannel: ServiceDefinition<RegistryChannel> = /* @__PURE__ */ defineService<
  RegistryChannel
>("registry", { eventsWithArgument: ["onDidChangeSessions"] });

/**
 * What the channel `registry` serves.
 *
 * @param turn Awaited before all sessions are sent to a peer: when there is room for them.
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
  /** Who was told of, so that a session which ceases to match is heard to go. */
  let told = new Set<string>();
  const snapshot = (): SessionChange & { type: "snapshot" } => {
    const sessions = registry.snapshot().filter(matches);
    told = new Set(sessions.map(({ socketPath }) => socketPath));
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
        if (type === "added" || type === "focused") told.add(socketPath);
        else told.delete(socketPath);
        listener({ type, session });
      } else if (told.delete(socketPath)) listener({ type: "removed", session });
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
