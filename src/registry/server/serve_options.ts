import type { PassedSocket } from "../../platform/service_manager/mod.ts";
import type { Health } from "../protocol.ts";
import type { SessionEntry } from "../session.ts";
import type { ApiRoutes } from "./api.ts";
import type { Registry } from "./registry.ts";

/** How a registry is served; without more than the first it keeps nothing on disk. */
export interface ServeOptions {
  /** The registry's socket; its directory must be the user's alone (or not exist yet). */
  readonly socketPath: string;
  /**
   * `socketPath` as the service manager has bound it and passed it to this process.
   *
   * @ignore
   */
  readonly passedSocket?: PassedSocket;
  /** Where the sessions are kept; undefined keeps them in memory only. */
  readonly stateFile?: string;
  /** Other registries to ask when there is no live match here. */
  readonly upstreams?: readonly string[];
  /** How often every session is probed and the dead are removed, in milliseconds; 30,000 unless told. */
  readonly pruneIntervalMs?: number;
  /** Ends the server after so long without a request or a live session, in milliseconds; never unless told. */
  readonly idleTimeoutMs?: number;
  /** How long an editor may take to answer a probe, in milliseconds; 300 unless told. */
  readonly probeTimeoutMs?: number;
  /** How long a WebSocket may be silent before its peer is asked, in milliseconds; 30,000 unless told. */
  readonly pingIntervalMs?: number;
  /** Further user ids whose editor sockets may be used. */
  readonly allowOwners?: readonly number[];
  /**
   * Called when sessions may be missing in the state file: finds the windows that are alive
   * by other means. Those that are not registered are registered.
   */
  readonly findWindows?: () => Promise<SessionEntry[]>;
  /**
   * Starts what is served besides the sessions; it ends with the server.
   *
   * @ignore
   */
  readonly startExtras?: (registry: Registry) => Promise<ServerExtras>;
  /** Where `log` writes; shown by `/healthz`. */
  readonly logFile?: string;
  /** Shown by `/healthz`. */
  readonly version?: string;
  /** Told, in one line each, of what an operator should know. */
  readonly log?: (message: string) => void;
}

/** What a server serves besides the sessions. */
export interface ServerExtras {
  readonly routes: ApiRoutes;
  /** Whether somebody needs the server although no session is live. */
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
  /** What `GET /healthz` answers. */
  health(): Health;
  /** Resolves when the server has ended, by {@link close} or the idle timeout. */
  readonly finished: Promise<void>;
  /** Stops accepting, finishes what is under way (5 s at most), removes our own files. */
  close(): Promise<void>;
}
