/** Interval of the checks while the system reports changes, in milliseconds. */
const REST_MS = 10_000;

/** All watches of a process check simultaneously, so that it wakes up only once for all. */
function untilNextRest(): number {
  return REST_MS - performance.now() % REST_MS;
}

export interface PathWatchOptions {
  /** The files. They may be sockets. */
  readonly paths: readonly string[];
  /**
   * Checks the files, and may restore them or read them again.
   *
   * @returns whether all are in place, and no change is left to deal with; it must not throw.
   */
  check(): boolean | Promise<boolean>;
  /** Interval of the checks while a file is not in place, in milliseconds. */
  readonly intervalMs: number;
}

/**
 * Notices that files were removed, replaced or changed. While they are in place, the system reports
 * changes, so that an idle process need not wake up to check. Some changes are not reported, such as
 * those of a symlink or the renaming of a folder above, so a check also runs every ten seconds. If
 * the system reports nothing, because the user's watches are used up, checks run at the interval.
 */
export class PathWatch {
  readonly #options: PathWatchOptions;
  #watcher: Deno.FsWatcher | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PathWatchOptions) {
    this.#options = options;
    this.#next();
  }

  /** @param mayWatch Whether a watch may begin after the next check. */
  #next(ms = this.#options.intervalMs, mayWatch = true): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#checking ??= this.#check(mayWatch), ms);
  }

  async #check(mayWatch: boolean): Promise<void> {
    const wasWatching = this.#watcher !== undefined;
    const isInPlace = await this.#options.check();
    this.#checking = undefined;
    if (this.#stopped) return;
    if (!isInPlace) this.#unwatch();
    else if (mayWatch) this.#watcher ??= this.#watch();
    // A change just before the watch began was not reported, so the first check comes soon.
    this.#next(wasWatching && this.#watcher ? untilNextRest() : undefined);
  }

  #watch(): Deno.FsWatcher | undefined {
    try {
      // Not the folders' own changes, which others may cause often.
      const watcher = Deno.watchFs([...this.#options.paths], { recursive: false });
      this.#follow(watcher).catch(() => {});
      return watcher;
    } catch {
      return undefined;
    }
  }

  /** After a change, the next watch starts after the interval, however many changes there are. */
  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      if (kind !== "access") break;
    }
    if (this.#stopped || watcher !== this.#watcher) return;
    this.#watcher = undefined;
    if (!this.#checking) this.#next(0, false);
  }

  #unwatch(): void {
    // Up to Deno 2.7, the kernel's watch of a file lasts until that file is deleted.
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Stops watching; resolves when no check is in progress. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    await this.#checking;
  }
}
