import type { CertificateInfo } from "../credentials/certificate.ts";
import type { Reload } from "../credentials/file_watch.ts";
import type { RelayActivity } from "../log/activity.ts";
import type { RelayStats } from "./stats.ts";

/** A window whose editor the relay serves. */
export interface EditorWindow {
  readonly folders: readonly string[];
  readonly kind: string;
  readonly liveness: string;
  readonly socketPath: string;
  readonly relaySocket: string;
}

/** The identity of a relay, and the material from its files. */
export interface SnapshotInfo {
  readonly version: string;
  readonly address: string;
  readonly workers: number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly certificate?: CertificateInfo;
  readonly lastReload?: Reload;
}

/** The complete status of a relay at one time. */
export interface Snapshot extends SnapshotInfo {
  readonly pid: number;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly healthy: boolean;
  readonly stats: RelayStats;
  readonly activity: RelayActivity;
  /** Undefined if no registry answers. */
  readonly windows?: readonly EditorWindow[];
}
