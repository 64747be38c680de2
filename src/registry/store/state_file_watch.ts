import { dirname } from "@std/path";
import type { DatabaseSync } from "node:sqlite";
import {
  ensureOwnDirectory,
  type FileIdentity,
  fileIdentity,
  sameFile,
} from "../../platform/mod.ts";
import { moveAside } from "./state_file.ts";

/** Detects that a state file, or SQLite's log beside it, was removed or replaced. */
export class StateFileWatch {
  readonly #paths: readonly string[];
  readonly #identities: (FileIdentity | undefined)[];

  constructor(path: string) {
    this.#paths = [path, `${path}-wal`];
    this.#identities = this.#paths.map(fileIdentity);
  }

  /** Whether both are still the original files. */
  isInPlace(): boolean {
    return this.#paths.every((path, index) => {
      const found = fileIdentity(path);
      // SQLite creates its log with the first transaction.
      if (this.#identities[index] === undefined) this.#identities[index] = found;
      return sameFile(found, this.#identities[index]) || this.#identities[index] === undefined;
    });
  }

  /**
   * Puts a copy of the open database at its path. A file that somebody else put there is moved
   * aside.
   *
   * @returns the new path of that file.
   */
  putBack(database: DatabaseSync): string | undefined {
    const path = this.#paths[0]!;
    const copy = `${path}.rescued`;
    ensureOwnDirectory(dirname(path));
    // SQLite accepts an empty file, and would create one with the umask's mode.
    Deno.openSync(copy, { write: true, create: true, truncate: true, mode: 0o600 }).close();
    database.prepare("VACUUM INTO ?").run(copy);
    const found = fileIdentity(path);
    const isTheirs = found !== undefined && !sameFile(found, this.#identities[0]);
    const aside = isTheirs ? moveAside(path, "replaced") : undefined;
    Deno.renameSync(copy, path);
    return aside;
  }
}
