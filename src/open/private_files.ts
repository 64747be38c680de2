import { join } from "@std/path";
import { messageOf, SessionctlError } from "../errors.ts";
import {
  checkWritePlace,
  editorSocketDirectories,
  endSignals,
  onSignals,
  signalExitCode,
  system,
  type SystemContext,
} from "../platform/mod.ts";

/**
 * Files for one call of `open` that the editor reads or deletes: wait markers, and the data of
 * streams. They are 0600 in a 0700 directory, which both sides can use because they are the same
 * user. The directory is created when it is needed and removed at the end, also when a signal ends
 * the program.
 */
export class PrivateFiles implements Disposable {
  readonly #context: SystemContext;
  #directory: string | undefined;
  #markers = 0;
  #isKept = false;
  #stopSignals = () => {};

  constructor(context: SystemContext = system) {
    this.#context = context;
  }

  /** @throws {SessionctlError} `IO_ERROR` if no directory accepts temporary files. */
  get directory(): string {
    if (this.#directory !== undefined) return this.#directory;
    this.#directory = makePrivateDirectory(this.#context);
    this.#stopSignals = onSignals(endSignals(), (signal) => {
      this.#remove();
      Deno.exit(signalExitCode(signal));
    });
    return this.#directory;
  }

  /** Creates a wait marker: an empty file for the editor to delete. */
  marker(): string {
    const path = join(this.directory, `wait-${++this.#markers}`);
    try {
      Deno.writeFileSync(path, new Uint8Array(), { mode: 0o600, createNew: true });
    } catch (error) {
      throw temporaryFailure("make a wait marker", error);
    }
    return path;
  }

  /** Creates an empty file with this name, open for writing. */
  create(name: string): { path: string; file: Deno.FsFile } {
    const path = join(this.directory, name);
    try {
      return { path, file: Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }) };
    } catch (error) {
      throw temporaryFailure(`make ${name}`, error);
    }
  }

  /** Keeps the files after the end, for programs that still read them. @returns their directory. */
  keep(): string {
    this.#isKept = true;
    return this.directory;
  }

  [Symbol.dispose](): void {
    this.#stopSignals();
    if (!this.#isKept) this.#remove();
  }

  #remove(): void {
    if (this.#directory === undefined) return;
    try {
      Deno.removeSync(this.#directory, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The error for temporary files that cannot be created or written, perhaps on a full disk. */
export function temporaryFailure(what: string, error: unknown): SessionctlError {
  return new SessionctlError("IO_ERROR", `cannot ${what}: ${messageOf(error)}`, {
    hint: "set TMPDIR to a writable directory with free space",
    cause: error,
  });
}

function temporaryDirectory(context: SystemContext): string {
  if (context.os === "windows") return context.env("TEMP") ?? context.env("TMP") ?? ".";
  const named = context.env("TMPDIR");
  return named?.startsWith("/") ? named : "/tmp";
}

/**
 * Creates the directory in the temporary directory or, if that is not usable, beside editor
 * sockets.
 */
function makePrivateDirectory(context: SystemContext): string {
  let failure: unknown;
  for (const dir of [temporaryDirectory(context), ...editorSocketDirectories(context)]) {
    try {
      checkWritePlace(join(dir, "sessionctl-"));
      return Deno.makeTempDirSync({ dir, prefix: "sessionctl-" });
    } catch (error) {
      failure ??= error;
    }
  }
  throw temporaryFailure("make a temporary directory", failure);
}
