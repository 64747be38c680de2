import { endSignals, onSignals } from "../platform/mod.ts";
import { signalProcess } from "../platform/processes.ts";
import type { ChildExit, Supervised } from "./types.ts";

/**
 * Lets this process's signals rule a child: SIGINT, SIGTERM and SIGHUP (but not under `nohup`)
 * are passed on and end it, a second SIGINT or SIGTERM at once; SIGUSR1 and SIGUSR2 start it again.
 *
 * @returns stops that.
 */
export function followSignals(child: Supervised): () => void {
  let times = 0;
  const stopEnd = onSignals(endSignals(), (signal) => {
    // A terminal that closes sends SIGHUP twice, by the shell and by the kernel, and where a
    // login's end ends its processes (logind), one SIGTERM follows: nobody is impatient yet.
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

/** The first process of a container; the kernel lets no signal of its own end it. */
const INIT_PID = 1;
/** Those that end a process without writing its memory to a file. */
const CLEAN: readonly (Deno.Signal | null)[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"];
const WAIT_MS = 200;

/**
 * Ends this process by the signal that ended the child, so that whoever started us sees
 * what it would have seen of the child. No handler for that signal may be left.
 *
 * @returns the exit code, where the child ended by itself or by a signal that would leave a
 * core file, and where we are the first process of a container.
 */
export async function endLike({ code, signal }: ChildExit): Promise<number> {
  // The runtime would try it by a crash, where the signal does nothing.
  if (!CLEAN.includes(signal) || Deno.pid === INIT_PID) return code;
  signalProcess(Deno.pid, signal!);
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  return code;
}
