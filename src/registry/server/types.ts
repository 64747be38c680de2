import type { LivenessOptions } from "../index/liveness.ts";
import type { Ranked } from "../index/ranking.ts";
import type { Session } from "../session.ts";
import type { SessionStore } from "../store/store.ts";
import type { Upstreams } from "./upstream.ts";

/** A change of the registry, as subscribers receive it. */
export interface RegistryEvent {
  /**
   * `removed`: a client removed it; `pruned`: it was dead; `focused`: it gained or lost the focus.
   */
  readonly type: "added" | "removed" | "pruned" | "focused";
  readonly session: Session;
  /** The session that an added one replaced. */
  readonly former?: Session;
}

/** A session ranked for a path, with the result of its probe. */
export interface Candidate extends Ranked {
  /** The result of the probe of its socket. */
  readonly liveness: "live" | "unresponsive";
}

export interface RegistryOptions extends LivenessOptions {
  readonly store: SessionStore;
  readonly upstreams: Upstreams;
  /**
   * Called when a dead session cannot be removed from disk; it will be there again after a restart.
   */
  onPruneFailure(error: unknown): void;
}
