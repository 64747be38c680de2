/**
 * Calls `handler` for each of the signals; returns a function that stops this. Signals that the
 * platform does not have are omitted.
 */
export function onSignals(
  signals: readonly Deno.Signal[],
  handler: (signal: Deno.Signal) => void,
): () => void {
  const listeners: [Deno.Signal, () => void][] = [];
  for (const signal of signals) {
    const listener = () => handler(signal);
    try {
      Deno.addSignalListener(signal, listener);
      listeners.push([signal, listener]);
    } catch (error) {
      // Windows only knows SIGINT and SIGBREAK.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return () => {
    for (const [signal, listener] of listeners) {
      Deno.removeSignalListener(signal, listener);
    }
  };
}

/** The signals that ask a process to end. Source: signal(7). */
const NUMBERS: Partial<Record<Deno.Signal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** The exit code by which a shell reports a program that one of {@link endSignals} ended. */
export function signalExitCode(signal: Deno.Signal): number {
  return 128 + (NUMBERS[signal] ?? NUMBERS.SIGTERM!);
}

let ends: readonly Deno.Signal[] | undefined;

/**
 * The signals that ask this process to end. SIGHUP is omitted if our caller had it ignored, as
 * `nohup` does: then we outlive the terminal. Call this before the first handler for SIGHUP is set,
 * which would hide that; only Linux reports it.
 *
 * Source: proc_pid_status(5), "SigIgn".
 */
export function endSignals(): readonly Deno.Signal[] {
  return ends ??= findEndSignals();
}

function findEndSignals(): readonly Deno.Signal[] {
  if (!ignoresHangup()) return ["SIGINT", "SIGTERM", "SIGHUP"];
  // With the first handler for any signal, the runtime takes this one over, and would end us.
  Deno.addSignalListener("SIGHUP", () => {});
  return ["SIGINT", "SIGTERM"];
}

function ignoresHangup(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    // The lowest bit is signal 1, SIGHUP.
    return (parseInt(mask?.at(-1) ?? "0", 16) & 1) === 1;
  } catch {
    return false; // There is no /proc here.
  }
}
