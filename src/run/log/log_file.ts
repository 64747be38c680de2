import { messageOf } from "../../errors.ts";
import { RotatingFile, type RotationLimits } from "./rotating_file.ts";

/** Lines of one turn of the event loop are written together, up to this many bytes. */
const BUFFER_BYTES = 64 * 1024;
/** Time between a failure and the next attempt, in milliseconds. */
const TRY_AGAIN_MS = 2000;

const encoder = new TextEncoder();

/**
 * A log file that survives failures. A full disk or missing permission is reported once; lost lines
 * are counted, and afterwards the file contains their number.
 */
export class LogFile {
  readonly #path: string;
  readonly #limits: RotationLimits;
  readonly #report: (message: string) => void;
  #file: RotatingFile | undefined;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;
  #lines = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failing = false;
  #lost = 0;
  #tryAgainAt = 0;

  /** @param report Called with one line when writing begins to fail, and when it works again. */
  constructor(path: string, limits: RotationLimits, report: (message: string) => void) {
    this.#path = path;
    this.#limits = limits;
    this.#report = report;
    this.#try(() => this.#file = new RotatingFile(path, limits));
  }

  /** Adds a line; `ended` tells whether a line end follows it. */
  add(line: Uint8Array, ended: boolean): void {
    const length = line.length + (ended ? 1 : 0);
    // The limit applies to each line: no line is written to a file that it would make too long.
    const due = this.#length + length > Math.min(this.#buffer.length, this.#limits.maxBytes);
    if (this.#length > 0 && due) this.flush();
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
    this.#buffer.set(line, this.#length);
    this.#length += length;
    if (ended) this.#buffer[this.#length - 1] = 10;
    this.#lines++;
    this.#timer ??= setTimeout(() => this.flush(), 0);
  }

  /** Writes the lines collected in this turn of the event loop. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#length === 0) return;
    const lines = this.#buffer.subarray(0, this.#length);
    const count = this.#lines;
    this.#length = this.#lines = 0;
    if (this.#failing && performance.now() < this.#tryAgainAt) this.#lost += count;
    else if (!this.#try(() => this.#write(lines))) this.#lost += count;
  }

  #write(lines: Uint8Array): void {
    this.#file ??= new RotatingFile(this.#path, this.#limits);
    if (this.#lost > 0) {
      this.#file.write(encoder.encode(`sessionctl: ${this.#lost} lines are missing here\n`));
      this.#lost = 0;
    }
    this.#file.write(lines);
  }

  #try(action: () => void): boolean {
    try {
      action();
    } catch (error) {
      this.#tryAgainAt = performance.now() + TRY_AGAIN_MS;
      if (!this.#failing) this.#report(`${messageOf(error)}; continuing without it`);
      this.#failing = true;
      return false;
    }
    if (this.#failing) this.#report(`writing to the log ${this.#path} again`);
    this.#failing = false;
    return true;
  }

  close(): void {
    this.flush();
    this.#file?.close();
    this.#file = undefined;
  }
}
