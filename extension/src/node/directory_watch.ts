import { type FSWatcher, watch } from "node:fs";

/** Reports changes in a directory, where the system supports it. */
export class DirectoryWatch {
  #watcher: FSWatcher | undefined;

  /** @param onChange Called with the name of the file, or null if it is unknown. */
  constructor(directory: string, onChange: (name: string | null) => void) {
    try {
      this.#watcher = watch(directory, { persistent: false }, (_, name) => onChange(name));
      this.#watcher.on("error", () => this.close());
    } catch { /* There are no more watches: whoever asks has other ways to notice. */ }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
