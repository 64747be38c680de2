import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DirectoryWatch } from "../node/directory_watch.ts";

/** Several changes of a directory arrive together. */
const SETTLE_MS = 50;

/**
 * Reports that a socket may have appeared at one of these paths. If its directory is missing, the
 * nearest parent is watched instead; that may be `/tmp`, so the names of other files are ignored.
 */
export class SocketWatch {
  readonly #paths: readonly string[];
  readonly #onChange: () => void;
  #watches: DirectoryWatch[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(paths: readonly string[], onChange: () => void) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#watchAll();
  }

  #watchAll(): void {
    const names = new Map<string, Set<string>>();
    for (const path of this.#paths) {
      const { directory, name } = nearest(path);
      // The watch reports the removal of the directory under the directory's own name.
      const all = names.get(directory) ?? new Set([basename(directory)]);
      names.set(directory, all.add(name));
    }
    this.#watches = [...names].map(([directory, wanted]) =>
      new DirectoryWatch(directory, (name) => {
        if (name === null || wanted.has(name)) this.#settle();
      })
    );
  }

  #settle(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#unwatch();
      this.#watchAll();
      this.#onChange();
    }, SETTLE_MS);
  }

  #unwatch(): void {
    for (const watch of this.#watches) watch.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
  }
}

/** The nearest existing directory above a path, and the part of the path in it. */
function nearest(path: string): { readonly directory: string; readonly name: string } {
  let name = path;
  let directory = dirname(path);
  while (!existsSync(directory) && directory !== dirname(directory)) {
    name = directory;
    directory = dirname(directory);
  }
  return { directory, name: basename(name) };
}
