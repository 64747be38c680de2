import type { SystemContext } from "../platform/mod.ts";

/** The severity of a finding: only a `problem` makes the whole unhealthy. */
export type Severity = "ok" | "note" | "problem";

/** A finding of a check. */
export interface Finding {
  readonly severity: Severity;
  /** One line. */
  readonly text: string;
  /** The causes, one line each. */
  readonly details?: readonly string[];
  /** The one shell command that repairs it. */
  readonly fix?: string;
}

export interface DoctorOptions {
  /** The argument of `open`: absolute, symlinks resolved. */
  readonly path: string;
  /** The registry's socket, if it was named. */
  readonly registrySocket?: string;
  readonly context: SystemContext;
  /** The command that `open` runs if there is no window, if any. */
  readonly launch?: string;
  /** The version of this program, to compare with the registry's. */
  readonly version: string;
}

/** One group of findings. */
export interface Check {
  readonly name: string;
  run(options: DoctorOptions): Promise<Finding[]>;
}

/** A group with its findings. */
export interface CheckResult {
  readonly name: string;
  readonly findings: readonly Finding[];
}
