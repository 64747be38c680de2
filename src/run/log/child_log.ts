import { messageOf } from "../../errors.ts";
import { LogFile } from "./log_file.ts";
import { type ByteSink, OwnOutput } from "./own_output.ts";
import type { RotationLimits } from "./rotating_file.ts";

export interface ChildLogOptions extends RotationLimits {
  /** The log file; undefined for none. */
  readonly file: string | undefined;
  /** Called with each failure to write, one line each. */
  report(message: string): void;
  /** Further destinations of the child's lines; our own stdout and stderr by default. */
  readonly outputs?: Readonly<Record<"stdout" | "stderr", ByteSink>>;
}

/** Time limit for our own stdout and stderr to accept the rest, in milliseconds. */
const FLUSH_MS = 5000;
/** Maximum number of our own lines that wait for the end of a line of the child's. */
const MAX_NOTES = 16;
const LINE_END = new Uint8Array([10]);

/**
 * The destination of a child's output: line by line to our own stdout and stderr, and to a log file
 * with rotation. The bytes are not changed.
 *
 * @example
 * ```ts
 * const log = new ChildLog({ file, maxBytes: 10e6, maxAgeMs: Infinity, keep: 5, report });
 * supervise(spec, { onLine: (stream, line, whole) => log.take(stream, line, whole) });
 * ```
 */
export class ChildLog {
  readonly #file: LogFile | undefined;
  readonly #outputs: Readonly<Record<"stdout" | "stderr", OwnOutput>>;
  /** The stream whose last line in the file has no end yet. */
  #open: "stdout" | "stderr" | undefined;
  readonly #notes: string[] = [];

  constructor(options: ChildLogOptions) {
    const { file, report, outputs = Deno } = options;
    this.#file = file === undefined ? undefined : new LogFile(file, options, report);
    const own = (name: "stdout" | "stderr") =>
      new OwnOutput(outputs[name], {
        onFailure: (error) =>
          report(
            error instanceof Deno.errors.BrokenPipe
              ? `the reader of ${name} is gone`
              : `cannot write to ${name} any more: ${messageOf(error)}`,
          ),
        onLeftOut: (lines) => report(`${lines} lines were omitted: nobody read ${name}`),
      });
    this.#outputs = { stdout: own("stdout"), stderr: own("stderr") };
  }

  /**
   * Adds a line without its end.
   *
   * @param whole Whether the line ends here; see `SuperviseOptions.onLine`.
   * @returns a promise as long as the caller should wait.
   */
  take(
    stream: "stdout" | "stderr",
    line: Uint8Array,
    whole: boolean,
  ): Promise<void> | undefined {
    if (this.#file) this.#toFile(this.#file, stream, line, whole);
    return this.#outputs[stream].write(whole ? withEnd(line) : line);
  }

  /** Adds a line of our own, only to the file, after the end of a line of the child's. */
  note(text: string): void {
    this.#notes.push(text);
    if (this.#notes.length > MAX_NOTES && this.#file) this.#endLine(this.#file);
    this.#writeNotes();
  }

  #writeNotes(): void {
    if (this.#open !== undefined) return;
    for (const text of this.#notes.splice(0)) {
      this.#file?.add(new TextEncoder().encode(`sessionctl: ${text}`), true);
    }
  }

  #toFile(file: LogFile, stream: "stdout" | "stderr", line: Uint8Array, whole: boolean): void {
    // Two streams share the file: a line that one has not ended must not be continued by the other.
    if (this.#open !== stream) this.#endLine(file);
    file.add(line, whole);
    this.#open = whole ? undefined : stream;
    this.#writeNotes();
  }

  #endLine(file: LogFile): void {
    if (this.#open !== undefined) file.add(new Uint8Array(0), true);
    this.#open = undefined;
  }

  /** Writes all waiting lines and closes the log. */
  async close(): Promise<void> {
    if (this.#file) this.#endLine(this.#file);
    this.#writeNotes();
    this.#file?.close();
    const outputs = Object.values(this.#outputs);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, FLUSH_MS));
    await Promise.race([Promise.all(outputs.map((output) => output.flush())), late]);
    clearTimeout(timer);
    for (const output of outputs) output.close();
  }
}

function withEnd(line: Uint8Array): Uint8Array {
  const ended = new Uint8Array(line.length + 1);
  ended.set(line);
  ended.set(LINE_END, line.length);
  return ended;
}
