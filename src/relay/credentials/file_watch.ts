import { messageOf } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** How often the files are looked at, in milliseconds. */
const POLL_MS = 1000;

/** What is read from files and read again when they change. */
export interface Watched<T> {
  /** What it is, such as "certificate". */
  readonly what: string;
  readonly paths: readonly string[];
  /** @throws what is wrong with the files. */
  read(): T | Promise<T>;
}

/** How a file was read again. */
export interface Reload {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly what: string;
  /** Why the old one stays; undefined if the new one is used. */
  readonly error?: string;
}

export interface FileWatchOptions<T> {
  readonly watched: Watched<T>;
  /** What is in use. */
  readonly current: T;
  onChange(fresh: T): void;
  /** Told of a change, of what is broken, and of each reload that was asked for. */
  onReload?(reload: Reload): void;
  log(line: string): void;
}

/** What the log says of a new version that is broken. */
export function notUsed(what: string, error: unknown): string {
  return `cannot reload the ${what}; the previous one stays in use: ${messageOf(error)}`;
}

/**
 * Reads something again when told to, and when its files change. What is broken is
 * reported and not used: the old one stays.
 *
 * Looks at the files' times instead of watching them: certificates are renewed by
 * renaming, through links, over network file systems, and a second is soon enough.
 */
export class FileWatch<T> {
  readonly #options: FileWatchOptions<T>;
  readonly #timer: ReturnType<typeof setInterval>;
  #current: string;
  #seen: string;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FileWatchOptions<T>) {
    this.#options = options;
    this.#current = JSON.stringify(options.current);
    this.#seen = this.#fileState();
    this.#timer = setInterval(() => this.#look(), POLL_MS);
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

  #look(): void {
    const state = this.#fileState();
    if (state === this.#seen) return;
    this.#seen = state;
    this.reload(false);
  }

  /** Reads the files now; says so even if nothing changed when `asked` for. */
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
    clearInterval(this.#timer);
  }
}
