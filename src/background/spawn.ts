import { dirname, resolve } from "@std/path";
import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import { ensurePrivateDirectory, printablePath, usesPipes } from "../platform/mod.ts";
import { keepStandardHandles } from "../platform/ffi/kernel32.ts";
import { inheritNothing } from "../platform/ffi/libc_process.ts";
import { type CommandLine, ownProgram } from "../platform/own_program.ts";

/** Size in bytes above which a log is renamed before it is written to again. */
const MAX_LOG_BYTES = 1024 * 1024;
/** If {@link inheritNothing} is not available: the descriptors that every shell can close. */
const CLOSED = "3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";
/** The part of a log's end that is searched for its last lines, in bytes. */
const TAIL_BYTES = 16 * 1024;

/** A process of ours in a session of its own. */
export interface Detached {
  readonly pid: number;
  /** A description of its end, if it ends while this process runs. */
  readonly ended: Promise<string>;
  /** The last `count` lines of its output. */
  lastLines(count: number): string[];
  kill(signal: Deno.Signal): void;
}

/**
 * Starts this program in the background: in a session of its own, so that the end of a terminal
 * does not affect it; with an empty stdin, and with stdout and stderr appended to `logFile`; in the
 * working directory `/` (on Windows, beside the log), so that it keeps no file system busy.
 *
 * @param args A subcommand and its arguments; paths in them must be absolute.
 * @throws {SessionctlError} `IO_ERROR`, `UNSAFE_DIRECTORY`, if the log cannot be written.
 */
export function spawnDetached(args: readonly string[], logFile: string): Detached {
  const start = beginLog(logFile, args);
  const { command, args: words, cwd } = commandFor(args, logFile);
  const child = new Deno.Command(command, {
    args: [...words],
    cwd,
    env: environment(),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  child.unref();
  return {
    pid: child.pid,
    ended: child.status.then(({ code, signal }) =>
      signal ? `was ended by ${signal}` : `ended with exit code ${code}`
    ),
    lastLines: (count) => lastLines(logFile, start, count),
    kill(signal) {
      try {
        child.kill(signal);
      } catch { /* it has ended */ }
    },
  };
}

function commandFor(args: readonly string[], logFile: string): CommandLine & { cwd: string } {
  const own = ownProgram();
  // A shell on Windows would open a window for the program, so the program writes its log itself.
  if (usesPipes()) {
    keepStandardHandles();
    const words = [...own.args, ...args, `--log-file=${logFile}`];
    return { command: own.command, args: words, cwd: dirname(logFile) };
  }
  inheritNothing();
  // A shell opens the log, so that it contains every error from the very start.
  const script = `log=$1; shift; exec "$@" >>"$log" 2>&1 ${CLOSED}`;
  const words = ["-c", script, "sessionctl", logFile, own.command, ...own.args, ...args];
  return { command: "/bin/sh", args: words, cwd: "/" };
}

/**
 * Our environment without the variables that tie a process to an editor window. Discovery would
 * take a process in `/` with a window's variables for a terminal of a window that has `/` open.
 */
function environment(): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject())
    .filter(([name]) => !name.startsWith("VSCODE_") && name !== "SESSIONCTL_AUTOSTART");
  const environment = Object.fromEntries(kept);
  const config = environment.SESSIONCTL_CONFIG;
  if (config && config !== "none") environment.SESSIONCTL_CONFIG = resolve(config);
  return environment;
}

/** @returns the offset in the file at which the lines of this start begin. */
function beginLog(logFile: string, args: readonly string[]): number {
  try {
    ensurePrivateDirectory(dirname(logFile));
    if (sizeOf(logFile) > MAX_LOG_BYTES) Deno.renameSync(logFile, `${logFile}.1`);
    const line = `${new Date().toISOString()} starting: sessionctl ${args.join(" ")}\n`;
    Deno.writeTextFileSync(logFile, line, { append: true, mode: 0o600 });
    return sizeOf(logFile);
  } catch (error) {
    // This error has its own hint.
    if (errnoOf(error) === "UNSAFE_DIRECTORY") throw error;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot write the log ${printablePath(logFile)}: ${reasonOf(error)}`,
      { hint: "set XDG_STATE_HOME to a writable directory with free space", cause: error },
    );
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function lastLines(path: string, start: number, count: number): string[] {
  try {
    using file = Deno.openSync(path);
    const from = Math.max(start, file.statSync().size - TAIL_BYTES);
    file.seekSync(from, Deno.SeekMode.Start);
    const buffer = new Uint8Array(TAIL_BYTES);
    let length = 0;
    for (let read; (read = file.readSync(buffer.subarray(length))); length += read);
    const text = new TextDecoder().decode(buffer.subarray(0, length));
    return text.split("\n").filter((line) => line.trim() !== "").slice(-count);
  } catch {
    return [];
  }
}
