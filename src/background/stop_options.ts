/** How a registry is to be ended. */
export interface StopOptions {
  /** The registry's socket; the first of the usual places that has one unless given. */
  readonly socket?: string;
  /** How long it may take to end, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether it is killed if it has not ended by then. */
  readonly kill?: boolean;
  /** Told of each step. */
  readonly step?: (message: string) => void;
  /** Told that a socket unit of systemd goes on listening: the next client starts the registry. */
  readonly onHeld?: (unit: string, socketPath: string) => void;
}

/** A registry that was ended. */
export interface Stopped {
  readonly socketPath: string;
  readonly pid: number;
  /** Its supervisor, which was told and ended too. */
  readonly supervisorPid?: number;
  /** Whether it had to be killed. */
  readonly killed: boolean;
}
