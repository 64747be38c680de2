import { existsSync, type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

/** Several changes of a directory come at once. */
const SETTLE_MS = 50;

/**
 * Tells when something changes in the directories of these paths: a registry that starts makes its
 * socket there. Where a directory is missing, its nearest parent is watched.
 */
export class SocketWatch {
  readonly #paths: readonly string[];
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(paths: readonly string[], onChange: () => void) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#watchAll();
  }

  #watchAll(): void {
    for (const directory of new Set(this.#paths.map(nearestDirectory))) {
      if (this.#watchers.has(directory)) continue;
      try {
        const watcher = watch(directory, { persistent: false }, () => this.#settle());
        watcher.on("error", () => this.#forget(directory));
        this.#watchers.set(directory, watcher);
      } catch { /* No watches are left, or it has gone: the timer of the link looks, too. */ }
    }
  }

  #forget(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  #settle(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const directory of this.#watchers.keys()) {
        if (!existsSync(directory)) this.#forget(directory);
      }
      this.#watchAll();
      this.#onChange();
    }, SETTLE_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const directory of [...this.#watchers.keys()]) this.#forget(directory);
  }
}

function nearestDirectory(path: string): string {
  let directory = dirname(path);
  while (!existsSync(directory) && directory !== dirname(directory)) directory = dirname(directory);
  return directory;
}
