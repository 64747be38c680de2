import { endSignals, onSignals } from "../platform/mod.ts";
import { signalProcess } from "../platform/processes.ts";
import type { ChildExit, Supervised } from "./types.ts";

/**
 * Applies the signals of this process to a child. SIGINT, SIGTERM and SIGHUP (except under `nohup`)
 * are passed on and end it; a second SIGINT or SIGTERM ends it at once. SIGUSR1 and SIGUSR2 restart
 * it.
 *
 * @returns a function that stops this.
 */
export function followSignals(child: Supervised): () => void {
  let times = 0;
  const stopEnd = onSignals(endSignals(), (signal) => {
    // A closing terminal sends SIGHUP twice, from the shell and from the kernel. If the end of a
    // login ends its processes (logind), one SIGTERM follows. Neither means that the user is
    // impatient.
    const impatient = signal !== "SIGHUP" && times++ > 0;
    if (impatient) child.kill();
    else child.stop(signal);
  });
  const stopRelaunch = onSignals(["SIGUSR1", "SIGUSR2"], (signal) => child.relaunch(signal));
  return () => {
    stopEnd();
    stopRelaunch();
  };
}

/** The first process of a container, which the kernel does not let end itself by a signal. */
const INIT_PID = 1;
/** Signals that end a process without a core file. */
const CLEAN: readonly (Deno.Signal | null)[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"];
const WAIT_MS = 200;

/**
 * Ends this process by the signal that ended the child, so that its own parent sees the same
 * result. No handler for that signal may be left.
 *
 * @returns the exit code if the child ended by itself or by a signal that would leave a core file,
 * or if this is the first process of a container.
 */
export async function endLike({ code, signal }: ChildExit): Promise<number> {
  // If the signal has no effect, the runtime would end the process by a crash.
  if (!CLEAN.includes(signal) || Deno.pid === INIT_PID) return code;
  signalProcess(Deno.pid, signal!);
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  return code;
}
