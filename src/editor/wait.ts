import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { isListening } from "../http/mod.ts";
import { printablePath } from "../platform/mod.ts";

/** Interval of the checks of the editor during a wait, in milliseconds. */
const CHECK_MS = 500;
/** An editor that ends deletes its markers; after this many checks, it no longer will. */
const CHECKS_UNTIL_GONE = 2;

/**
 * Waits until the editor deletes `marker`, because the user closed the tabs.
 *
 * @param allowOwners Further user ids whose editors count (`--allow-owner`).
 *
 * VS Code's own command line only watches the file, so it hangs forever if the window dies. This
 * function also connects to the editor periodically. It only connects, because a window that is
 * busy, suspended or waiting for its client still exists.
 *
 * @throws {SessionctlError} `EDITOR_GONE` if nobody listens on `socketPath` any more.
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
    `the editor at ${printablePath(socketPath)} ended before the file was closed`,
    { hint: "unsaved changes may be lost" },
  );
}

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface DirectoryWatch {
  /** Resolves at the next change, or after `ms` milliseconds. */
  change(ms: number): Promise<void>;
  close(): void;
}

/** Detects a deletion at once if the system reports it, or else after the time limit. */
function watchDirectory(path: string): DirectoryWatch {
  let wake = () => {};
  let watcher: Deno.FsWatcher | undefined;
  try {
    watcher = Deno.watchFs(dirname(path));
    (async () => {
      for await (const _ of watcher) wake();
    })().catch(() => {}); // Without reports, the time limit is enough.
  } catch {
    // The user's watches are used up; the time limit is enough.
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
