import { join } from "@std/path/posix";
import { ensurePrivateDirectory } from "../../platform/mod.ts";
import type { LinkTerms } from "../protocol.ts";

/** The data of a link that the registry stores in a file for its successor. */
export interface StoredLink extends LinkTerms {
  /** See `Link.remoteFolder`. */
  readonly remoteFolder?: string;
}

/** A link as {@link LinkFiles.read} finds it. */
export interface FoundLink {
  readonly stored: StoredLink;
  /** When it was last created or used, in milliseconds since the epoch. */
  readonly activeAt: number;
}

/** The files of links, one for each; their times show when a link was last created or used. */
export class LinkFiles {
  readonly #directory: string;

  /** @param directory Created when the first link is written. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Reads all links; files that cannot be read are removed.
   *
   * @param check Throws for data that is not a link.
   */
  read(check: (stored: StoredLink) => void): FoundLink[] {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(this.#directory)];
    } catch {
      return []; // There was none.
    }
    return entries.filter(({ name }) => name.endsWith(".json")).flatMap(({ name }) => {
      const path = join(this.#directory, name);
      try {
        const { destination, authority, remoteFolder } = JSON.parse(Deno.readTextFileSync(path));
        const stored = {
          destination,
          authority,
          ...remoteFolder !== undefined && { remoteFolder },
        };
        check(stored);
        return [{ stored, activeAt: Deno.lstatSync(path).mtime?.getTime() ?? Date.now() }];
      } catch {
        Deno.removeSync(path);
        return [];
      }
    });
  }

  /** @param name The name of the link's files, without their extension. */
  write(name: string, stored: StoredLink): void {
    ensurePrivateDirectory(this.#directory);
    Deno.writeTextFileSync(this.#path(name), JSON.stringify(stored), { mode: 0o600 });
  }

  /** Records that a link is in use. A failure only makes it look older than it is. */
  touch(name: string, at: number): void {
    try {
      Deno.utimeSync(this.#path(name), at / 1000, at / 1000);
    } catch {
      // Removed in the meantime.
    }
  }

  remove(name: string): void {
    try {
      Deno.removeSync(this.#path(name));
    } catch {
      // Removed in the meantime.
    }
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}
