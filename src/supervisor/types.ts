import type { ChannelPeer } from "../ipc/mod.ts";
import type { CommandLine } from "../platform/own_program.ts";
import type { SessionctlError } from "../errors.ts";

/** A program of somebody else's, such as an editor server. */
export interface ForeignChild {
  /** A path, or a name that is looked for in `PATH`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Variables besides, or instead of, our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether `env` is all it gets. */
  readonly clearEnv?: boolean;
  /** Where it works; our own working directory unless told. */
  readonly cwd?: string;
  /**
   * Whether it runs under a guard: a process of ours that ends it, and all it has started,
   * when we are gone, however we went.
   */
  readonly guard: boolean;
  /**
   * Under a guard: whether what has made a session of its own (a tmux server, a daemon) is
   * left alone when the program ends. A terminal's shell ends by the loss of its terminal.
   */
  readonly spareSessions?: boolean;
}

/** This program once more, in a role that it learns by the handshake. */
export interface OwnChild {
  /** How it is started: the subcommand, and the option that makes it ask for the handshake. */
  readonly self: readonly string[];
  /** What it is told in the handshake: its parsed arguments. Read anew at each launch. */
  handshake(): unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** Serves channels of the caller's own to each child, and keeps what it needs to call it. */
  onPeer?(peer: ChannelPeer): void;
}

export type ChildSpec = ForeignChild | OwnChild;

/** How a child ended. */
export interface ChildExit {
  /** Its exit code; 128 and the signal's number when a signal ended it, as shells count. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Why it could not be started, or did not do what it had to. */
  readonly error?: SessionctlError;
  /** Whether it will not be started again because it ended too often. */
  readonly gaveUp?: boolean;
}

export type RestartPolicy = "always" | "on-failure" | "never";

/** The pauses before a child that ended is started again; all times in milliseconds. */
export interface BackoffTimes {
  /** The first pause; 1,000 unless told. Each further one is twice as long. */
  readonly firstMs: number;
  /** No pause is longer; 60,000 unless told. */
  readonly longestMs: number;
  /** A child that ran for so long begins with the first pause again; 60,000 unless told. */
  readonly settledMs: number;
  /** By which part of itself a pause is longer or shorter, by chance: 0.2 unless told. */
  readonly jitter: number;
}

/** What happens to a child, for logs. {@link describeEvent} puts it into words. */
export type SuperviseEvent =
  | { readonly type: "started"; readonly pid: number; readonly version?: string }
  /** A foreign child was started, an own one has said that it is ready. */
  | { readonly type: "ready"; readonly pid: number }
  | { readonly type: "exited"; readonly pid: number | undefined; readonly exit: ChildExit }
  | {
    readonly type: "restarting";
    readonly afterMs: number;
    /** The how manieth restart in a row, from 1. */
    readonly attempt: number;
  }
  | {
    readonly type: "relaunching";
    readonly reason: string;
    readonly oldVersion?: string;
    /** The version the child says it will be. */
    readonly newVersion?: string;
  }
  | { readonly type: "relaunched"; readonly oldVersion?: string; readonly newVersion?: string }
  | { readonly type: "stopping"; readonly signal: Deno.Signal | undefined }
  /** It did not end in time: SIGKILL for its whole group. */
  | { readonly type: "killed"; readonly afterMs: number }
  | {
    readonly type: "exit-requested";
    readonly code: number;
    /** What it has not finished. */
    readonly unfinished: readonly string[];
    readonly decision: ExitDecision;
  }
  /** The guard is gone, most likely killed; what it guarded was ended. */
  | { readonly type: "guard-lost"; readonly ended: number }
  | { readonly type: "output-failed"; readonly reason: string }
  | { readonly type: "gave-up"; readonly attempts: number };

/** What becomes of a child's wish to exit: at once, when its work is done, or not at all. */
export type ExitDecision = "now" | "when-done" | "stay";

export interface SuperviseOptions {
  /** When it is started again; "on-failure" unless told. */
  readonly restart?: RestartPolicy;
  /** How long it may take to end before SIGKILL, in milliseconds; 10,000 unless told. */
  readonly stopTimeoutMs?: number;
  readonly backoff?: Partial<BackoffTimes>;
  /** After so many restarts in a row it is given up; 10 unless told, `Infinity` for never. */
  readonly giveUpAfter?: number;
  /** How long an own child may take to ask for the handshake, in milliseconds; 10,000 unless told. */
  readonly handshakeMs?: number;
  /**
   * Gets each line the child writes, without its end. While the promise it gives is
   * pending, no more is read. Without this, the child writes to our own stdout and stderr.
   * If it throws, that is an `output-failed` event, and the line is lost.
   *
   * @param whole Whether this ends a line: false for a piece of a line longer than 64 KiB,
   * and for a last line without an end.
   */
  onLine?(
    stream: "stdout" | "stderr",
    line: Uint8Array<ArrayBuffer>,
    whole: boolean,
  ): void | Promise<void>;
  /** Must not throw. */
  onEvent?(event: SuperviseEvent): void;
  /** Decides on the wish of a child with unfinished work to exit; "when-done" unless told. */
  onExitRequest?(code: number, unfinished: readonly string[]): ExitDecision;
  /** How this program is started once more; found out unless told. */
  readonly program?: CommandLine;
}

/** A child that is kept running. */
export interface Supervised {
  /** The child that runs now; undefined between two, and in the end. */
  readonly pid: number | undefined;
  /**
   * Resolves when the first child runs: a foreign one was started, an own one has said that
   * it is ready. Rejects with the reason if that fails; then {@link ended} resolves too, for a child
   * that cannot even start once is not started again.
   */
  readonly ready: Promise<void>;
  /** Resolves when the child has ended and is not started again. Never rejects. */
  readonly ended: Promise<ChildExit>;
  /**
   * Ends the child for good: the signal goes to its group, SIGKILL after the stop timeout.
   *
   * @param how The signal, SIGTERM unless told, or what asks the child to end in another way.
   * @returns as {@link ended}.
   */
  stop(how?: Deno.Signal | (() => void)): Promise<ChildExit>;
  /** Ends the child at once and for good, with SIGKILL. */
  kill(): Promise<ChildExit>;
  /**
   * Ends the child in the way {@link stop} does and starts it again with the same arguments,
   * from the binary that is on disk then.
   *
   * @returns when the new child runs; at once if this has ended.
   */
  relaunch(reason?: string): Promise<void>;
}
