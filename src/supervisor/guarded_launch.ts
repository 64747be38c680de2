import { resolve } from "@std/path/posix";
import type { ChannelPeer } from "../ipc/mod.ts";
import { signalProcess } from "../platform/processes.ts";
import { type LaunchContext, type LaunchedChild, launchOwn } from "./launch.ts";
import { endProcesses, markedProcesses } from "./process_group.ts";
import {
  type GuardOrder,
  guardParentService,
  type GuardService,
  guardService,
} from "./protocol.ts";
import { withoutRole } from "./role.ts";
import type { ChildExit, ForeignChild, OwnChild } from "./types.ts";

/**
 * Time limit for a guard to end its program by force, in milliseconds; afterwards the parent does.
 */
const GUARD_KILL_MS = 3000;

/** Starts a foreign program under a guard of its own. */
export async function launchGuarded(
  spec: ForeignChild,
  context: LaunchContext,
): Promise<LaunchedChild> {
  const seen = new GuardedProgram(spec);
  const guard = await launchOwn(seen.guardSpec, context);
  const ended = guard.ended.then(async (status) => await seen.endOf(status, context));
  // The program may be on a disk that does not respond. After this point, nothing else kills the
  // guard: the program may already run, and must be asked before it is killed.
  const timer = setTimeout(() => guard.kill(), context.handshakeMs);
  try {
    await guard.ready;
  } catch (error) {
    guard.kill();
    await ended;
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    pid: seen.pid!,
    ready: guard.ready,
    ended,
    signal: (signal) => void seen.guard.signal(signal).catch(() => {}),
    kill() {
      // Bypasses a guard that is stopped or hangs.
      const timer = setTimeout(() => guard.kill(), GUARD_KILL_MS);
      seen.guard.kill().catch(() => guard.kill());
      ended.finally(() => clearTimeout(timer));
    },
  };
}

/** A guarded program, as its guard reports it. */
class GuardedProgram {
  readonly guardSpec: OwnChild;
  readonly #mark = crypto.randomUUID();
  readonly #spareSessions: boolean;
  #guard: GuardService | undefined;
  #exit: ChildExit | undefined;
  pid: number | undefined;

  constructor(spec: ForeignChild) {
    this.#spareSessions = spec.spareSessions ?? false;
    const order: GuardOrder = {
      command: spec.command,
      args: spec.args,
      env: withoutRole(spec.env ?? {}),
      clearEnv: spec.clearEnv ?? false,
      cwd: spec.cwd === undefined ? undefined : resolve(spec.cwd),
      spareSessions: this.#spareSessions,
      mark: this.#mark,
    };
    this.guardSpec = {
      self: ["guard"],
      handshake: () => order,
      onPeer: (peer) => this.#meet(peer),
    };
  }

  /** The guard, once it has connected. */
  get guard(): GuardService {
    return this.#guard!;
  }

  #meet(peer: ChannelPeer): void {
    this.#guard = guardService.client(peer);
    guardParentService.serve(peer, {
      started: (pid) => {
        this.pid = pid;
        return Promise.resolve();
      },
      exited: (code, signal) => {
        this.#exit = { code, signal: signal as Deno.Signal | null };
        return Promise.resolve();
      },
    });
  }

  /**
   * The end of the program after its guard has ended. If the guard ended first, this ends the
   * program.
   */
  async endOf(guard: ChildExit, context: LaunchContext): Promise<ChildExit> {
    if (this.#exit) return this.#exit;
    if (guard.error) return guard;
    // If processes cannot be listed, only its group can be reached.
    if (Deno.build.os !== "linux" && this.pid) signalProcess(-this.pid, "SIGKILL");
    const all = () => markedProcesses(this.#mark, this.pid);
    const ofProgram = () => all().filter(({ session }) => session === this.pid);
    context.onGuardLost(await endProcesses(this.#spareSessions ? ofProgram : all));
    return { code: 137, signal: "SIGKILL" };
  }
}
