import { messageOf, SessionctlError } from "../../errors.ts";
import { endSignals, onSignals, printablePath } from "../../platform/mod.ts";
import { signalProcess } from "../../platform/processes.ts";

/** Replaces this process; only returns if the system does not allow it. */
type Exec = (path: string, args: readonly string[]) => void;

/**
 * Runs ssh in place of this process, so that it owns the terminal, the signals and the exit code;
 * as a child if the system does not allow that.
 *
 * @param ssh The program's absolute path.
 * @param exec Replaced by tests.
 * @returns the exit code of a child.
 * @throws {SessionctlError} `IO_ERROR`.
 */
export async function runSsh(ssh: string, args: readonly string[], exec?: Exec): Promise<number> {
  (exec ?? (await import("../../platform/ffi/exec.ts")).execProgram)(ssh, args);
  const child = spawn(ssh, args);
  // The terminal sends SIGINT to both, and ssh decides what it means.
  const stop = onSignals(endSignals(), (signal) => {
    if (signal !== "SIGINT") signalProcess(child.pid, signal);
  });
  try {
    return (await child.status).code;
  } finally {
    stop();
  }
}

function spawn(ssh: string, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(ssh, { args: [...args] }).spawn();
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot run ${printablePath(ssh)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
