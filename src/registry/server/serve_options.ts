import type { PassedSocket } from "../../platform/service_manager/mod.ts";
import type { Health } from "../protocol.ts";
import type { SessionEntry } from "../session.ts";
import type { ApiRoutes } from "./api.ts";
import type { Registry } from "./registry.ts";

/** Options of a registry server. With `socketPath` alone, it keeps nothing on disk. */
export interface ServeOptions {
  /** The registry's socket. Its directory must be the user's alone, or not exist yet. */
  readonly socketPath: string;
  /**
   * The socket at `socketPath`, if the service manager has bound it and passed it to this process.
   *
   * @ignore
   */
  readonly passedSocket?: PassedSocket;
  /** The file that keeps the sessions; without it, they are kept in memory only. */
  readonly stateFile?: string;
  /** Other registries to ask when this one has no live match. */
  readonly upstreams?: readonly string[];
  /**
   * Interval at which every session is probed and dead ones are removed, in milliseconds; 30,000 by
   * default.
   */
  readonly pruneIntervalMs?: number;
  /**
   * Time without a request or a live session after which the server ends, in milliseconds; by
   * default, it never does.
   */
  readonly idleTimeoutMs?: number;
  /** Time limit of an editor's answer to a probe, in milliseconds; 300 by default. */
  readonly probeTimeoutMs?: number;
  /** Silence after which a WebSocket's peer is pinged, in milliseconds; 30,000 by default. */
  readonly pingIntervalMs?: number;
  /** Further user ids whose editor sockets may be used. */
  readonly allowOwners?: readonly number[];
  /**
   * Called when sessions may be missing in the state file. Finds live windows by other means; the
   * server registers those that have no session.
   */
  readonly findWindows?: () => Promise<SessionEntry[]>;
  /**
   * Starts the other services of this server; they end with it.
   *
   * @ignore
   */
  readonly startExtras?: (registry: Registry) => Promise<ServerExtras>;
  /** The file that `log` writes to; shown by `/healthz`. */
  readonly logFile?: string;
  /** The version that `/healthz` shows. */
  readonly version?: string;
  /** Called with each message for the operator, one line each. */
  readonly log?: (message: string) => void;
}

/** Services of a server besides the sessions. */
export interface ServerExtras {
  readonly routes: ApiRoutes;
  /** Whether the server is needed although no session is live. */
  readonly isInUse: boolean;
  close(): Promise<void>;
}

/** A running registry. */
export interface RegistryServer {
  /** The socket that it listens on. */
  readonly socketPath: string;
  /**
   * The sessions, for callers in the same process.
   *
   * @ignore
   */
  readonly registry: Registry;
  /** The health that `GET /healthz` answers with. */
  health(): Health;
  /** Resolves when the server has ended, by {@link close} or the idle timeout. */
  readonly finished: Promise<void>;
  /** Stops accepting, finishes requests under way (for at most 5 s), and removes its own files. */
  close(): Promise<void>;
}
