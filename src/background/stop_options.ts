/** Options for ending a registry. */
export interface StopOptions {
  /** The registry's socket; by default, the first of the usual paths that has one. */
  readonly socket?: string;
  /** Time limit for it to end, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether to kill it if it has not ended by then. */
  readonly kill?: boolean;
  /** Called with each step. */
  readonly step?: (message: string) => void;
  /** Called if a socket unit of systemd keeps listening: the next client starts the registry. */
  readonly onHeld?: (unit: string, socketPath: string) => void;
}

/** A registry that was ended. */
export interface Stopped {
  readonly socketPath: string;
  readonly pid: number;
  /** Its supervisor, which was also signalled and has ended. */
  readonly supervisorPid?: number;
  /** Whether it had to be killed. */
  readonly killed: boolean;
}
