import { messageOf, SessionctlError } from "../errors.ts";
import { printablePath, printableText } from "../platform/mod.ts";

/** The output of a command: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whether stdout supports colours: a terminal that is not `dumb`, and `NO_COLOR` unset. */
  readonly colour: boolean;
  /** Prints a line of a result on stdout. */
  line(text: string): void;
  /** Prints a JSON value on stdout. */
  value(value: unknown): void;
  /** Prints text on stderr unchanged. */
  talk(text: string): void;
  /**
   * Prints a note on stderr, unless `--quiet`. Notes, steps and errors have their control
   * characters escaped, because any of them may quote a name, answer or error from elsewhere.
   */
  note(text: string): void;
  /** Prints a step on stderr, with `--verbose`. */
  step(text: string): void;
  /** Prints an error on stderr, always; as JSON with `--json`. */
  error(error: unknown): void;
}

const encoder = new TextEncoder();

/** The destination of an output: a stream of this process, or a file. */
type SyncWriter = Pick<Deno.FsFile, "writeSync" | "isTerminal">;

/** Writes all of `text`, in one call if the system accepts it. */
function write(
  stream: SyncWriter,
  text: string,
): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) {
    at += stream.writeSync(bytes.subarray(at));
  }
}

function writeData(stream: SyncWriter, text: string): void {
  try {
    write(stream, text);
  } catch (error) {
    // The reader has closed the pipe (`| head`), which is not a failure.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw new SessionctlError("IO_ERROR", `cannot write to stdout: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A closed stderr is not an error: a server continues, and the exit code still counts. */
function writeTalk(stream: SyncWriter, text: string): void {
  try {
    write(stream, text);
  } catch { /* See above. */ }
}

export function createOutput(
  options: { json: boolean; quiet: boolean; verbose: boolean },
  { stdout, stderr }: { stdout: SyncWriter; stderr: SyncWriter } = Deno,
): Output {
  const { json, quiet, verbose } = options;
  const remark = (text: string) => writeTalk(stderr, `sessionctl: ${printableText(text)}\n`);
  return {
    json,
    quiet,
    verbose,
    get colour() {
      return !json && !Deno.noColor && Deno.env.get("TERM") !== "dumb" && stdout.isTerminal();
    },
    line: (text) => writeData(stdout, `${text}\n`),
    value: (value) => writeData(stdout, `${jsonText(value)}\n`),
    talk: (text) => writeTalk(stderr, `${text}\n`),
    note: (text) => {
      if (!quiet) remark(text);
    },
    step: (text) => {
      if (verbose) remark(text);
    },
    error: (error) => {
      if (json) {
        writeTalk(stderr, `${jsonText({ error: describe(error) })}\n`);
      } else remark(explain(error, verbose));
    },
  };
}

/** Encodes a value as JSON and escapes the control characters that JSON does not escape. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(/[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, printablePath);
}

function describe(error: unknown): Record<string, unknown> {
  const code = error instanceof SessionctlError ? error.code : "INTERNAL";
  const hint = error instanceof SessionctlError ? error.hint : undefined;
  return { code, message: messageOf(error), hint };
}

function explain(error: unknown, verbose: boolean): string {
  if (!(error instanceof SessionctlError)) {
    const stack = error instanceof Error ? error.stack ?? error.message : messageOf(error);
    return verbose ? `internal error: ${stack}` : `internal error: ${messageOf(error)}`;
  }
  const hint = error.hint === undefined ? "" : `\n  ${error.hint}`;
  return `${error.message}${hint}`;
}
