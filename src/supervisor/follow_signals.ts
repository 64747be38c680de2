import { endSignals, onSignals } from "../platform/mod.ts";
import type { Supervised } from "./types.ts";

export interface FollowOptions {
  /** Told of each signal before anything is done. */
  onSignal?(signal: Deno.Signal): void;
}

/**
 * Lets this process's signals rule a child: SIGINT, SIGTERM and SIGHUP (but not under `nohup`)
 * are passed on and end it, a second SIGINT or SIGTERM at once; SIGUSR1 and SIGUSR2 start it again.
 *
 * @returns stops that.
 */
export function followSignals(child: Supervised, options: FollowOptions = {}): () => void {
  let times = 0;
  const stopEnd = onSignals(endSignals(), (signal) => {
    options.onSignal?.(signal);
    // A terminal that closes sends SIGHUP twice, by the shell and by the kernel, and where a
    // login's end ends its processes (logind), one SIGTERM follows: nobody is impatient yet.
    const impatient = signal !== "SIGHUP" && times++ > 0;
    if (impatient) child.kill();
    else child.stop(signal);
  });
  const stopRelaunch = onSignals(["SIGUSR1", "SIGUSR2"], (signal) => {
    options.onSignal?.(signal);
    child.relaunch(signal);
  });
  return () => {
    stopEnd();
    stopRelaunch();
  };
}
