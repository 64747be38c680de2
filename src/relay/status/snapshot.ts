import type { CertificateInfo } from "../credentials/certificate.ts";
import type { Reload } from "../credentials/file_watch.ts";
import type { RelayActivity } from "../log/activity.ts";
import type { RelayStats } from "./stats.ts";

/** A window whose editor is reached through the relay. */
export interface EditorWindow {
  readonly folders: readonly string[];
  readonly kind: string;
  readonly liveness: string;
  readonly socketPath: string;
  readonly relaySocket: string;
}

/** What a relay is, and what it has read from its files. */
export interface SnapshotInfo {
  readonly version: string;
  readonly address: string;
  readonly workers: number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly certificate?: CertificateInfo;
  readonly lastReload?: Reload;
}

/** All that a relay tells of itself at one moment. */
export interface Snapshot extends SnapshotInfo {
  readonly pid: number;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly healthy: boolean;
  readonly stats: RelayStats;
  readonly activity: RelayActivity;
  /** Undefined where no registry answers. */
  readonly windows?: readonly EditorWindow[];
}
