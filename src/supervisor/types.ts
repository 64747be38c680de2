import type { ChannelPeer } from "../ipc/mod.ts";
import type { CommandLine } from "../platform/own_program.ts";
import type { SessionctlError } from "../errors.ts";

/** A foreign program, such as an editor server. */
export interface ForeignChild {
  /** A path, or a name to look up in `PATH`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that extend or override our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether `env` is the whole environment. */
  readonly clearEnv?: boolean;
  /** The working directory; our own by default. */
  readonly cwd?: string;
  /**
   * Whether it runs under a guard: a process of ours that ends it, and all its descendants, when
   * this process has ended in any way.
   */
  readonly guard: boolean;
  /**
   * Under a guard: whether processes with a session of their own (a tmux server, a daemon) are left
   * alone when the program ends. A terminal's shell ends when it loses its terminal.
   */
  readonly spareSessions?: boolean;
}

/** This program again, in a role that it learns from the handshake. */
export interface OwnChild {
  /** The subcommand, and the option that makes it request the handshake. */
  readonly self: readonly string[];
  /** Gives its parsed arguments for the handshake; called again at each launch. */
  handshake(): unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each child's connection, to serve further channels and call the child. */
  onPeer?(peer: ChannelPeer): void;
}

export type ChildSpec = ForeignChild | OwnChild;

/** The end of a child. */
export interface ChildExit {
  /** Its exit code; 128 plus the signal's number if a signal ended it, like in shells. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Why it could not be started, or failed. */
  readonly error?: SessionctlError;
  /** Whether it will not be restarted because it ended too often. */
  readonly gaveUp?: boolean;
}

export type RestartPolicy = "always" | "on-failure" | "never";

/** The pauses before a child that ended is restarted; all times in milliseconds. */
export interface BackoffTimes {
  /** The first pause; 1,000 by default. Each further one is twice as long. */
  readonly firstMs: number;
  /** The longest pause; 60,000 by default. */
  readonly longestMs: number;
  /** A child that ran this long starts again with the first pause; 60,000 by default. */
  readonly settledMs: number;
  /** The random variation of a pause, as a fraction; 0.2 by default. */
  readonly jitter: number;
}

/** The events of a child, for logs. {@link describeEvent} describes them. */
export type SuperviseEvent =
  | { readonly type: "started"; readonly pid: number; readonly version?: string }
  /** A foreign child has started; an own one has reported that it is ready. */
  | { readonly type: "ready"; readonly pid: number }
  | { readonly type: "exited"; readonly pid: number | undefined; readonly exit: ChildExit }
  | {
    readonly type: "restarting";
    readonly afterMs: number;
    /** Number of consecutive restarts, from 1. */
    readonly attempt: number;
  }
  | {
    readonly type: "relaunching";
    readonly reason: string;
    readonly oldVersion?: string;
    /** The version that the child requested. */
    readonly newVersion?: string;
  }
  | { readonly type: "relaunched"; readonly oldVersion?: string; readonly newVersion?: string }
  | { readonly type: "stopping"; readonly signal: Deno.Signal | undefined }
  /** It did not end in time: its whole group gets SIGKILL. */
  | { readonly type: "killed"; readonly afterMs: number }
  | {
    readonly type: "exit-requested";
    readonly code: number;
    /** Its unfinished work. */
    readonly unfinished: readonly string[];
    readonly decision: ExitDecision;
  }
  /** The guard has ended, most likely killed; its processes were ended. */
  | { readonly type: "guard-lost"; readonly ended: number }
  | { readonly type: "output-failed"; readonly reason: string }
  | { readonly type: "gave-up"; readonly attempts: number };

/** The decision on a child's request to exit: at once, when its work is done, or not at all. */
export type ExitDecision = "now" | "when-done" | "stay";

export interface SuperviseOptions {
  /** When to restart it; "on-failure" by default. */
  readonly restart?: RestartPolicy;
  /** Time limit for it to end before SIGKILL, in milliseconds; 10,000 by default. */
  readonly stopTimeoutMs?: number;
  readonly backoff?: Partial<BackoffTimes>;
  /** Maximum number of consecutive restarts; 10 by default, `Infinity` for no limit. */
  readonly giveUpAfter?: number;
  /** Time limit for an own child to request the handshake, in milliseconds; 10,000 by default. */
  readonly handshakeMs?: number;
  /**
   * Called with each line of the child, without its end. While the returned promise is pending, no
   * more is read. Without this function, the child writes to our own stdout and stderr. If it
   * throws, the line is lost, with an `output-failed` event.
   *
   * @param whole Whether this ends a line: false for a piece of a line longer than 64 KiB, and for
   * a last line without an end.
   */
  onLine?(
    stream: "stdout" | "stderr",
    line: Uint8Array<ArrayBuffer>,
    whole: boolean,
  ): void | Promise<void>;
  /** Must not throw. */
  onEvent?(event: SuperviseEvent): void;
  /** Decides on the exit of a child with unfinished work; "when-done" by default. */
  onExitRequest?(code: number, unfinished: readonly string[]): ExitDecision;
  /** The command that starts this program again; determined automatically by default. */
  readonly program?: CommandLine;
}

/** A supervised child. */
export interface Supervised {
  /** The pid of the running child; undefined between two processes, and after the end. */
  readonly pid: number | undefined;
  /**
   * Resolves when the first child runs: a foreign one has started, an own one has reported that it
   * is ready. Rejects with the reason if that fails; {@link ended} then resolves, too, because a
   * child that cannot start even once is not restarted.
   */
  readonly ready: Promise<void>;
  /** Resolves when the child has ended and will not be restarted. Never rejects. */
  readonly ended: Promise<ChildExit>;
  /**
   * Ends the child for good: the signal goes to its group, and SIGKILL after the stop timeout.
   *
   * @param how The signal, SIGTERM by default, or a function that asks the child to end.
   * @returns as {@link ended}.
   */
  stop(how?: Deno.Signal | (() => void)): Promise<ChildExit>;
  /** Ends the child at once and for good, with SIGKILL. */
  kill(): Promise<ChildExit>;
  /**
   * Ends the child like {@link stop}, and restarts it with the same arguments, from the binary that
   * is on disk then.
   *
   * @returns when the new child runs; at once if supervision has ended.
   */
  relaunch(reason?: string): Promise<void>;
}
