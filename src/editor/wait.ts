import { join } from "@std/path/posix";
import { messageOf, printablePath, SessionctlError } from "../platform/mod.ts";
import { isListening } from "../platform/http/mod.ts";

/**
 * Files for one call of `open` that the editor reads or deletes: wait markers, and
 * what came from stdin. They are 0600 in a 0700 directory, which both sides can
 * use because they are the same user.
 */
export class PrivateFiles {
  readonly directory: string;
  #markers = 0;

  /** @throws {SessionctlError} `IO_ERROR` when the temporary directory takes no files. */
  constructor() {
    try {
      this.directory = Deno.makeTempDirSync({ prefix: "sessionctl-" });
    } catch (error) {
      throw temporaryFailure("make a temporary directory", error);
    }
  }

  /** A new wait marker: an empty file, for the editor to delete. */
  marker(): string {
    const path = join(this.directory, `wait-${++this.#markers}`);
    try {
      Deno.writeFileSync(path, new Uint8Array(), { mode: 0o600, createNew: true });
    } catch (error) {
      throw temporaryFailure("make a wait marker", error);
    }
    return path;
  }

  /** An empty file under a name of its own, open for writing. */
  create(name: string): { path: string; file: Deno.FsFile } {
    const path = join(this.directory, name);
    try {
      return { path, file: Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }) };
    } catch (error) {
      throw temporaryFailure(`make ${name}`, error);
    }
  }

  remove(): void {
    try {
      Deno.removeSync(this.directory, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Temporary files cannot be made or written; the disk may be full. */
export function temporaryFailure(what: string, error: unknown): SessionctlError {
  return new SessionctlError("IO_ERROR", `cannot ${what}: ${messageOf(error)}`, {
    hint: "set TMPDIR to a directory that has room and that you can write to",
    cause: error,
  });
}

/** How often the editor is looked after while it is waited for, in milliseconds. */
const CHECK_MS = 500;
/** An editor that closes down deletes its markers; after this many checks it will not any more. */
const CHECKS_UNTIL_GONE = 2;

/**
 * Waits until the editor deletes `marker`: the user closed the tabs.
 *
 * @param allowOwners Further user ids whose editors count (`--allow-owner`).
 *
 * VS Code's own command line looks for the file alone, so it hangs for ever when the
 * window dies. This one also connects to the editor now and then. A connect is all:
 * a window that is busy, suspended or waiting for its client is still there.
 *
 * @throws {SessionctlError} `EDITOR_GONE` when nobody listens on `socketPath` any more.
 */
export async function waitForClose(
  marker: string,
  socketPath: string,
  allowOwners: readonly number[] = [],
): Promise<void> {
  const watch = watchDirectory(marker);
  let missed = 0;
  try {
    while (exists(marker)) {
      if (await isListening(socketPath, allowOwners)) missed = 0;
      else if (++missed >= CHECKS_UNTIL_GONE && exists(marker)) throw gone(socketPath);
      await watch.change(CHECK_MS);
    }
  } finally {
    watch.close();
  }
}

function gone(socketPath: string): SessionctlError {
  return new SessionctlError(
    "EDITOR_GONE",
    `the editor at ${printablePath(socketPath)} is gone before the file was closed`,
    { hint: "what was typed into it may not be saved" },
  );
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface DirectoryWatch {
  /** Resolves at the next change, at the latest after `ms` milliseconds. */
  change(ms: number): Promise<void>;
  close(): void;
}

/** Sees a deletion at once where the system reports it; else the time limit does. */
function watchDirectory(path: string): DirectoryWatch {
  let wake = () => {};
  let watcher: Deno.FsWatcher | undefined;
  try {
    watcher = Deno.watchFs(path.slice(0, path.lastIndexOf("/")));
    (async () => {
      for await (const _ of watcher) wake();
    })().catch(() => {}); // Without reports the time limit is enough.
  } catch {
    // The user's watches are used up: the time limit is enough.
  }
  return {
    async change(ms) {
      const changed = Promise.withResolvers<void>();
      wake = changed.resolve;
      const timer = setTimeout(changed.resolve, ms);
      await changed.promise;
      clearTimeout(timer);
    },
    close: () => watcher?.close(),
  };
}
