import type { LivenessOptions } from "../index/liveness.ts";
import type { Ranked } from "../index/ranking.ts";
import type { Session } from "../session.ts";
import type { SessionStore } from "../store/store.ts";
import type { Upstreams } from "./upstream.ts";

/** A change of the registry, as subscribers hear it. */
export interface RegistryEvent {
  /** `removed` was asked for; `pruned` was found dead; `focused` gained the focus or lost it. */
  readonly type: "added" | "removed" | "pruned" | "focused";
  readonly session: Session;
  /** What an added session replaced. */
  readonly former?: Session;
}

/** A session ranked for a path, with what its probe found. */
export interface Candidate extends Ranked {
  /** What the probe of its socket found. */
  readonly liveness: "live" | "unresponsive";
}

export interface RegistryOptions extends LivenessOptions {
  readonly store: SessionStore;
  readonly upstreams: Upstreams;
  /** Told when a dead session could not be removed from the disk: after a restart it is found again. */
  onPruneFailure(error: unknown): void;
}
