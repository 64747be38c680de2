import type { SystemContext } from "../platform/mod.ts";

/** How a finding weighs: only a `problem` makes the whole unhealthy. */
export type Severity = "ok" | "note" | "problem";

/** What a check found. */
export interface Finding {
  readonly severity: Severity;
  /** One line. */
  readonly text: string;
  /** How it came to be, one line each. */
  readonly details?: readonly string[];
  /** The one shell command that mends it. */
  readonly fix?: string;
}

export interface DoctorOptions {
  /** What `open` would be given: absolute, links resolved. */
  readonly path: string;
  /** The registry's socket, where it was named. */
  readonly registrySocket?: string;
  readonly context: SystemContext;
  /** What `open` runs where there is no window, if anything. */
  readonly launch?: string;
  /** Of the program that asks, to compare the registry's with. */
  readonly version: string;
}

/** One group of findings. */
export interface Check {
  readonly name: string;
  run(options: DoctorOptions): Promise<Finding[]>;
}

/** A group with what was found. */
export interface CheckResult {
  readonly name: string;
  readonly findings: readonly Finding[];
}
