import { messageOf } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** Material that is read from files, and again when they change. */
export interface Watched<T> {
  /** The name of the material, such as "certificate". */
  readonly what: string;
  readonly paths: readonly string[];
  /** @throws an error that names the defect of the files. */
  read(): T | Promise<T>;
}

/** The result of a reload. */
export interface Reload {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly what: string;
  /** The reason why the previous content stays in use; undefined if the new one is used. */
  readonly error?: string;
}

export interface FileWatchOptions<T> {
  readonly watched: Watched<T>;
  /** The material in use. */
  readonly current: T;
  onChange(fresh: T): void;
  /** Called for changes, broken files and each requested reload. */
  onReload?(reload: Reload): void;
  log(line: string): void;
}

/** The log line for a broken new version. */
export function notUsed(what: string, error: unknown): string {
  return `cannot reload the ${what}; the previous one stays in use: ${messageOf(error)}`;
}

/**
 * Reads material again on request and when its files have changed. Broken files are reported, and
 * the previous content stays in use.
 *
 * It compares the files' times instead of relying on reported changes: certificates are renewed by
 * renaming, through symlinks and on network file systems.
 */
export class FileWatch<T> {
  readonly #options: FileWatchOptions<T>;
  #current: string;
  #seen: string;
  /** Whether a change was seen that is not read yet. */
  #changing = false;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FileWatchOptions<T>) {
    this.#options = options;
    this.#current = JSON.stringify(options.current);
    this.#seen = this.#fileState();
  }

  #fileState(): string {
    return this.#options.watched.paths.map((path) => {
      try {
        const { ino, mtime, size } = Deno.statSync(path);
        return `${ino} ${mtime?.getTime()} ${size}`;
      } catch {
        return "missing";
      }
    }).join("|");
  }

  /**
   * Compares the files with their last state. After a change it reads them at the next call, because
   * a certificate and its key are rarely written in the same moment.
   *
   * @returns whether all changes are read, so that the next call can wait for a change.
   */
  look(): boolean {
    const state = this.#fileState();
    const isFirstLook = !this.#changing;
    this.#changing = state !== this.#seen && isFirstLook;
    if (state === this.#seen) return true;
    if (isFirstLook) return false;
    this.#seen = state;
    this.reload(false);
    return true;
  }

  /** Reads the files now; with `asked`, it reports even if nothing has changed. */
  reload(asked: boolean): Promise<void> {
    return this.#reading = this.#reading.then(() => this.#read(asked));
  }

  async #read(asked: boolean): Promise<void> {
    const { watched: { what, paths, read }, log, onChange, onReload } = this.#options;
    if (this.#closed) return;
    try {
      const fresh = await read();
      if (this.#closed) return;
      const text = JSON.stringify(fresh);
      const changed = text !== this.#current;
      if (changed) onChange(fresh);
      this.#current = text;
      if (!changed && !asked) return;
      log(`${what} loaded from ${printablePath(paths[0]!)}`);
      onReload?.({ at: Date.now(), what });
    } catch (error) {
      log(notUsed(what, error));
      onReload?.({ at: Date.now(), what, error: messageOf(error) });
    }
  }

  close(): void {
    this.#closed = true;
  }
}
