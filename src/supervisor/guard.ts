import { resolve } from "@std/path/posix";
import { SessionctlError } from "../errors.ts";
import { onSignals, printablePath } from "../platform/mod.ts";
import { programPath } from "../platform/own_program.ts";
import { adoptOrphans, reap } from "../platform/ffi/libc_process.ts";
import {
  descendantsOf,
  listProcesses,
  type ProcessEntry,
  signalProcess,
} from "../platform/processes.ts";
import { joinParent, type Parent } from "./child.ts";
import { missingInterpreter } from "./interpreter.ts";
import { spawnProgram } from "./output_process.ts";
import { askToEnd, endProcesses } from "./process_group.ts";
import {
  type GuardOrder,
  type GuardParentService,
  guardParentService,
  guardService,
} from "./protocol.ts";
import { GUARD_MARK } from "./role.ts";

/** Time limit for the program to end by itself after the parent has ended, in milliseconds. */
const LAST_MS = 1500;
/** Time limit for processes that it left behind, in milliseconds. */
const LEFTOVER_MS = 500;
/** Minimum pause between two checks for orphans that have ended, in milliseconds. */
const REAP_MS = 1000;

/**
 * Runs this process as the guard of one foreign program. It starts the program from the handshake,
 * and makes sure that no process of it is left when the program or the parent has ended. The
 * guard's own end signals that this is done.
 *
 * On Linux, orphans among the program's descendants become children of the guard, so that neither a
 * double `fork` nor `setsid` escapes it.
 *
 * @throws {SessionctlError} `NOT_ALLOWED` if it was not started by a parent of ours.
 */
export async function runGuard(version: string): Promise<void> {
  const alone = Promise.withResolvers<void>();
  const parent = await joinParent<GuardOrder>({ version, onParentGone: () => alone.resolve() });
  const service = guardParentService.client(parent.peer);
  let guard: Guard;
  try {
    guard = new Guard(parent.args);
  } catch (error) {
    return await parent.failed(error);
  }
  // Both finish within 3 s, the time limit of a child.
  alone.promise.then(() => guard.end(LAST_MS)).then(() => Deno.exit(1));
  const stop = onSignals(["SIGTERM", "SIGINT", "SIGHUP"], () => void guard.end(LAST_MS));
  await serve(parent, guard, service);
  stop();
}

async function serve(
  parent: Parent<GuardOrder>,
  guard: Guard,
  service: GuardParentService,
): Promise<void> {
  guardService.serve(parent.peer, {
    signal: (name) => Promise.resolve(guard.signal(name as Deno.Signal)),
    kill: () => guard.end(0),
  });
  try {
    await service.started(guard.pid);
    await parent.ready();
  } catch {
    // The parent has just ended: nothing that it requested may remain.
    return await guard.end(LAST_MS);
  }
  const { code, signal } = await guard.ended;
  // A parent that has ended need not be notified.
  await service.exited(code, signal).catch(() => {});
}

class Guard {
  readonly pid: number;
  /** Resolves when the program has ended and no process of it is left. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #adopts: boolean;
  readonly #spareSessions: boolean;
  #over = false;
  #reapTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(order: GuardOrder) {
    const { command, args } = withDeathSignal(order);
    this.#adopts = adoptOrphans();
    this.#spareSessions = order.spareSessions;
    const child = spawnProgram(command, {
      args: [...args],
      env: { ...order.env, [GUARD_MARK]: order.mark },
      clearEnv: order.clearEnv,
      cwd: order.cwd,
      detached: true,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    });
    this.pid = child.pid;
    const stop = onSignals(["SIGCHLD"], () => this.#reapSoon());
    // Also checks for orphans that ended before this, because no further signal may come.
    this.#reapSoon();
    this.ended = child.status.then(async (status) => {
      this.#over = true;
      await this.#endLeftovers();
      stop();
      clearTimeout(this.#reapTimer);
      return status;
    });
  }

  /** Sends a signal to the program's group. */
  signal(signal: Deno.Signal): void {
    if (!this.#over) signalProcess(-this.pid, signal);
  }

  /** Ends the program and all its descendants, by force after `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    if (patienceMs > 0) {
      this.signal("SIGTERM");
      await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
    }
    this.signal("SIGKILL");
    await this.#endAll();
    await this.ended;
  }

  async #endLeftovers(): Promise<void> {
    if (!this.#adopts) return void signalProcess(-this.pid, "SIGKILL");
    await askToEnd(() => this.#toEnd(), LEFTOVER_MS, () => this.#reap());
    await this.#endAll();
  }

  async #endAll(): Promise<void> {
    await endProcesses(() => this.#toEnd(), () => this.#reap());
  }

  #toEnd(): ProcessEntry[] {
    const all = descendantsOf(Deno.pid);
    return this.#spareSessions ? all.filter(({ session }) => session === this.pid) : all;
  }

  #reapSoon(): void {
    if (!this.#adopts) return;
    this.#reapTimer ??= setTimeout(() => {
      this.#reapTimer = undefined;
      this.#reap();
    }, REAP_MS);
  }

  /** Reaps orphans that have ended; the runtime reaps the program itself. */
  #reap(): void {
    try {
      for (const { pid, parent, state } of listProcesses()) {
        if (state === "Z" && parent === Deno.pid && pid !== this.pid) reap(pid);
      }
    } catch {
      this.#reapSoon(); // The system may have no free descriptor at the moment.
    }
  }
}

/**
 * Wraps the command so that the kernel ends it if this guard is killed: util-linux's `setpriv`
 * requests that and then becomes the program. Without `setpriv` (or outside Linux), the parent ends
 * the processes that a killed guard leaves.
 */
function withDeathSignal({ command, args, cwd }: GuardOrder): Pick<GuardOrder, "command" | "args"> {
  const program = programPath(command, cwd);
  if (program === undefined) {
    throw noProgram(command, cwd);
  }
  const interpreter = missingInterpreter(program);
  if (interpreter !== undefined) throw noInterpreter(program, interpreter);
  const options = ["--pdeathsig", "KILL"];
  if (!succeeds("setpriv", [...options, "true"])) return { command: program, args };
  return { command: "setpriv", args: [...options, "--", program, ...args] };
}

function noProgram(command: string, cwd?: string): SessionctlError {
  const cannot = `cannot start ${printablePath(command)}:`;
  if (!command.includes("/")) {
    return new SessionctlError("NOT_FOUND", `${cannot} no such program`, {
      hint: "check that it is in PATH",
    });
  }
  try {
    const isFile = Deno.statSync(resolve(cwd ?? "", command)).isFile;
    const reason = isFile ? "it is not executable" : "it is not a file";
    const hint = isFile ? `run: chmod +x ${printablePath(command)}` : undefined;
    return new SessionctlError("ACCESS_DENIED", `${cannot} ${reason}`, { hint });
  } catch (error) {
    return new SessionctlError("NOT_FOUND", `${cannot} no such program`, {
      hint: "use another program, or one in PATH",
      cause: error,
    });
  }
}

/** Checked beforehand, because `setpriv` would only exit with 127, as if the program had failed. */
function noInterpreter(program: string, interpreter: string): SessionctlError {
  const shown = printablePath(interpreter);
  return new SessionctlError(
    "NOT_FOUND",
    `cannot start ${printablePath(program)}: its first line names ${shown}, which does not exist`,
    {
      hint: `install that program, or run the script with another: sessionctl run -- PROGRAM ${
        printablePath(program)
      }`,
    },
  );
}

function succeeds(command: string, args: string[]): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // The program does not exist.
  }
}
