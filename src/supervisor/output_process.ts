import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
import { signalProcess } from "../platform/processes.ts";
import { type LineHandler, OutputLines } from "./output_lines.ts";
import type { SuperviseOptions } from "./types.ts";

/**
 * How long to wait for more output after a process has ended, because another may hold the pipe.
 */
const DRAIN_MS = 1000;
/** The wait is divided into parts, so that a process without CPU time loses only one part of it. */
const DRAIN_PARTS = 10;
/** Maximum time to read from another process that holds the pipe. */
const LONGEST_DRAIN_MS = 30_000;

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Record<string, string>;
  readonly cwd?: string;
  /** Never throws. */
  readonly onLine: SuperviseOptions["onLine"];
}

/** A process in a session and group of its own, whose output is read line by line. */
export class OutputProcess {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Resolves when it has ended and its output has been read. */
  readonly ended: Promise<Deno.CommandStatus>;
  #over = false;

  /**
   * @throws {SessionctlError} `NOT_FOUND`, `ACCESS_DENIED` or `IO_ERROR` if it cannot be started.
   */
  constructor({ command, args, env, cwd, onLine }: ProcessSpec) {
    const output = onLine ? "piped" : "inherit";
    const child = spawnProgram(command, {
      args: [...args],
      env,
      clearEnv: true,
      cwd,
      // A terminal's Ctrl-C only reaches the parent, which passes it on.
      detached: Deno.build.os !== "windows",
      stdin: "null",
      stdout: output,
      stderr: output,
    });
    this.pid = child.pid;
    const reading = onLine
      ? (["stdout", "stderr"] as const).map((name) =>
        new OutputReader(child[name], (line, whole) => onLine(name, line, whole))
      )
      : [];
    this.exited = child.status.then((status) => {
      this.#over = true;
      return status;
    });
    this.ended = this.exited.then(async (status) => {
      await Promise.all(reading.map((reader) => reader.end()));
      return status;
    });
  }

  /** Sends a signal only to the process itself. */
  signal(signal: Deno.Signal): void {
    if (!this.#over) signalProcess(this.pid, signal);
  }

  /** Sends a signal to its whole group. */
  signalGroup(signal: Deno.Signal): void {
    if (!this.#over) signalProcess(-this.pid, signal);
  }
}

/** @throws {SessionctlError} `NOT_FOUND`, `ACCESS_DENIED` or `IO_ERROR` if it cannot be started. */
export function spawnProgram(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, options).spawn();
  } catch (error) {
    const errno = errnoOf(error);
    const code = errno === "ENOENT"
      ? "NOT_FOUND"
      : errno === "EACCES"
      ? "ACCESS_DENIED"
      : "IO_ERROR";
    throw new SessionctlError(code, `cannot start ${command}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Reads a stream to its end, with a time limit after the process has ended. */
class OutputReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #lines: OutputLines;
  readonly #reading: Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting = false;
  /** Time at which reading ends at the latest; undefined while the process runs. */
  #limit: number | undefined;

  constructor(stream: ReadableStream<Uint8Array>, handler: LineHandler) {
    this.#reader = stream.getReader();
    this.#lines = new OutputLines(handler);
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for (let part = await this.#next(); !part.done; part = await this.#next()) {
      await this.#lines.take(part.value);
    }
    await this.#lines.end();
  }

  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this.#waiting = true;
    this.#limitWait();
    const part = await this.#reader.read();
    this.#waiting = false;
    clearTimeout(this.#timer);
    return part;
  }

  #limitWait(): void {
    if (this.#limit === undefined || !this.#waiting) return;
    const left = Math.max(0, this.#limit - performance.now());
    // Output from before the end is already in the pipe, so a slow handler loses nothing.
    this.#waitOn(Math.min(DRAIN_MS, left) / DRAIN_PARTS, left > 0 ? DRAIN_PARTS : 1);
  }

  #waitOn(partMs: number, parts: number): void {
    this.#timer = setTimeout(() => {
      if (parts > 1) this.#waitOn(partMs, parts - 1);
      else void this.#reader.cancel();
    }, partMs);
  }

  /** Called after the process has ended; resolves when all its output has been processed. */
  async end(): Promise<void> {
    this.#limit = performance.now() + LONGEST_DRAIN_MS;
    this.#limitWait();
    await this.#reading;
  }
}
