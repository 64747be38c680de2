import { messageOf, SessionctlError } from "../errors.ts";
import { signalExitCode } from "../platform/mod.ts";
import { ownProgram } from "../platform/own_program.ts";
import { Backoff } from "./backoff.ts";
import { describeExit } from "./describe_event.ts";
import { type LaunchContext, type LaunchedChild, launchForeign, launchOwn } from "./launch.ts";
import { launchGuarded } from "./guarded_launch.ts";
import type {
  ChildExit,
  ChildSpec,
  Supervised,
  SuperviseEvent,
  SuperviseOptions,
} from "./types.ts";

/**
 * Starts a child and keeps it running: restarts it when it ends, as the options specify, and ends
 * it with all its processes when it has to stop.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` on Windows.
 * @example
 * ```ts
 * const server = supervise(
 *   { command: "code-server", args: [], guard: true },
 *   { restart: "always", onEvent: (event) => console.error(describeEvent(event)) },
 * );
 * await server.ready;
 * await server.stop();
 * ```
 */
export function supervise(spec: ChildSpec, options: SuperviseOptions = {}): Supervised {
  if (Deno.build.os === "windows") {
    throw new SessionctlError("NOT_SUPPORTED", "supervision needs signals and Unix sockets", {
      hint: "on Windows, run without supervision",
    });
  }
  return new Supervisor(spec, options);
}

/** How a child is asked to end. */
type Ending = Deno.Signal | (() => void);

/** A relaunch that was requested and has not happened yet. */
interface Relaunch {
  readonly done: PromiseWithResolvers<void>;
  readonly oldVersion: string | undefined;
}

class Supervisor implements Supervised {
  readonly ready: Promise<void>;
  readonly ended: Promise<ChildExit>;
  readonly #spec: ChildSpec;
  readonly #options: SuperviseOptions;
  readonly #backoff: Backoff;
  readonly #ready = Promise.withResolvers<void>();
  readonly #startAbort = new AbortController();
  /** Whether the first launch has become ready. */
  #wasReady = false;
  #launch: LaunchedChild | undefined;
  #stopping = false;
  /** How the child was asked to end. */
  #stopHow: Ending = "SIGTERM";
  #killing = false;
  #over = false;
  #relaunch: Relaunch | undefined;
  #endPause: (() => void) | undefined;

  constructor(spec: ChildSpec, options: SuperviseOptions) {
    // Now, while the binary is certainly the running one.
    if (!options.program) ownProgram();
    this.#spec = spec;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff, options.giveUpAfter);
    this.ready = this.#ready.promise;
    this.ready.catch(() => {}); // Callers may ignore it.
    this.ended = this.#run().then((exit) => {
      this.#over = true;
      this.#ready.reject(exit.error ?? new SessionctlError("CANCELLED", "the child was stopped"));
      this.#relaunch?.done.resolve();
      return exit;
    });
  }

  get pid(): number | undefined {
    return this.#launch?.pid;
  }

  async stop(how: Ending = "SIGTERM"): Promise<ChildExit> {
    if (!this.#over && !this.#stopping) {
      this.#tell({ type: "stopping", signal: typeof how === "string" ? how : undefined });
      this.#stopping = true;
      this.#stopHow = how;
      this.#startAbort.abort();
      this.#endPause?.();
      if (this.#launch) this.#end(this.#launch, how);
    }
    return await this.ended;
  }

  async kill(): Promise<ChildExit> {
    this.#stopping = true;
    this.#killing = true;
    this.#startAbort.abort();
    this.#endPause?.();
    this.#launch?.kill();
    return await this.ended;
  }

  async relaunch(reason = "requested", newVersion?: string): Promise<void> {
    if (this.#over || this.#stopping) return;
    if (!this.#relaunch) {
      const oldVersion = this.#launch?.version;
      this.#relaunch = { done: Promise.withResolvers(), oldVersion };
      this.#tell({ type: "relaunching", reason, oldVersion, newVersion });
      this.#endPause?.();
      if (this.#launch) this.#end(this.#launch, "SIGTERM");
    }
    await this.#relaunch.done.promise;
  }

  #tell(event: SuperviseEvent): void {
    this.#options.onEvent?.(event);
  }

  /** Launches the child until it has ended for good. */
  async #run(): Promise<ChildExit> {
    for (;;) {
      const startedAt = performance.now();
      const relaunch = this.#relaunch;
      this.#relaunch = undefined;
      const exit = await this.#launchOnce(relaunch);
      relaunch?.done.resolve();
      if (this.#stopping) return exit;
      // It was ended for the relaunch, ready or not.
      if (this.#relaunch) continue;
      if (!this.#wasReady) return { ...exit, error: exit.error ?? endedEarly(exit) };
      if (!this.#restarts(exit)) return exit;
      const afterMs = this.#backoff.next(performance.now() - startedAt);
      const { attempts } = this.#backoff;
      if (afterMs === undefined) {
        this.#tell({ type: "gave-up", attempts });
        return { ...exit, gaveUp: true };
      }
      this.#tell({ type: "restarting", afterMs, attempt: attempts });
      await this.#pause(afterMs);
      if (this.#stopping) return exit;
    }
  }

  #restarts({ code }: ChildExit): boolean {
    const { restart = "on-failure" } = this.#options;
    return restart === "always" || (restart === "on-failure" && code !== 0);
  }

  #pause(ms: number): Promise<void> {
    if (this.#relaunch) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#endPause = resolve;
    return promise.finally(() => {
      clearTimeout(timer);
      this.#endPause = undefined;
    });
  }

  /** One process of the child, from its start to its end. */
  async #launchOnce(relaunch: Relaunch | undefined): Promise<ChildExit> {
    let launch: LaunchedChild;
    try {
      launch = await this.#start();
    } catch (error) {
      // A cancelled launch is not a failure, because the supervisor was told to stop.
      const givenUp = this.#startAbort.signal.aborted;
      return this.#exited(undefined, givenUp ? endedBy(this.#stopHow) : failedStart(error));
    }
    this.#launch = launch;
    const { pid, version } = launch;
    this.#tell({ type: "started", pid, version });
    launch.ready.then(() => {
      this.#wasReady = true;
      this.#ready.resolve();
      this.#tell({ type: "ready", pid });
      if (!relaunch) return;
      this.#tell({ type: "relaunched", oldVersion: relaunch.oldVersion, newVersion: version });
      relaunch.done.resolve();
    }, () => {}); // Its end gives the reason.
    // This may have been requested during the start.
    if (this.#killing) launch.kill();
    else if (this.#stopping) this.#end(launch, this.#stopHow);
    else if (this.#relaunch) this.#end(launch, "SIGTERM");
    const exit = await launch.ended;
    this.#launch = undefined;
    return this.#exited(pid, exit);
  }

  #exited(pid: number | undefined, exit: ChildExit): ChildExit {
    this.#tell({ type: "exited", pid, exit });
    return exit;
  }

  async #start(): Promise<LaunchedChild> {
    const { onLine, onExitRequest, handshakeMs = 10_000, program } = this.#options;
    const context: LaunchContext = {
      onLine: onLine && this.#taker(onLine),
      handshakeMs,
      program,
      signal: this.#startAbort.signal,
      onGuardLost: (ended) => this.#tell({ type: "guard-lost", ended }),
      onExitRequest: (code, unfinished) => {
        const decision = onExitRequest?.(code, unfinished) ?? "when-done";
        this.#tell({ type: "exit-requested", code, unfinished, decision });
        return decision;
      },
      onRelaunchRequest: (version) => void this.relaunch("requested by the child", version),
    };
    if ("self" in this.#spec) return await launchOwn(this.#spec, context);
    if (!this.#spec.guard) return launchForeign(this.#spec, context);
    return await launchGuarded(this.#spec, context);
  }

  /** Passes lines on; a failing handler must not block the child. */
  #taker(onLine: NonNullable<SuperviseOptions["onLine"]>): SuperviseOptions["onLine"] {
    return async (stream, line, whole) => {
      try {
        await onLine(stream, line, whole);
      } catch (error) {
        this.#tell({ type: "output-failed", reason: messageOf(error) });
      }
    };
  }

  /** Asks a child to end, and ends it by force if it does not. */
  #end(launch: LaunchedChild, how: Ending): void {
    const { stopTimeoutMs = 10_000 } = this.#options;
    if (typeof how === "string") launch.signal(how);
    else how();
    if (!Number.isFinite(stopTimeoutMs)) return;
    const timer = setTimeout(() => {
      this.#tell({ type: "killed", afterMs: stopTimeoutMs });
      launch.kill();
    }, stopTimeoutMs);
    launch.ended.finally(() => clearTimeout(timer));
  }
}

/** The result as if the child had run and ended by the signal. */
function endedBy(how: Ending): ChildExit {
  const signal = typeof how === "string" ? how : "SIGTERM";
  return { code: signalExitCode(signal), signal };
}

function endedEarly(exit: ChildExit): SessionctlError {
  return new SessionctlError("START_FAILED", `the child ${describeExit(exit)} before it was ready`);
}

/** A child that could not be started counts as failed, with the exit codes of a shell. */
function failedStart(error: unknown): ChildExit {
  const reason = error instanceof SessionctlError
    ? error
    : new SessionctlError("IO_ERROR", `cannot start a child: ${messageOf(error)}`, {
      cause: error,
    });
  const code = reason.code === "NOT_FOUND" ? 127 : reason.code === "ACCESS_DENIED" ? 126 : 1;
  return { code, signal: null, error: reason };
}
