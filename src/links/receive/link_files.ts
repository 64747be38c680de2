import { join } from "@std/path/posix";
import { ensurePrivateDirectory } from "../../platform/mod.ts";
import type { LinkTerms } from "../protocol.ts";

/** What the registry keeps of a link in a file, for the next registry. */
export interface StoredLink extends LinkTerms {
  /** See `Link.remoteFolder`. */
  readonly remoteFolder?: string;
}

/** A link as {@link LinkFiles.read} finds it. */
export interface FoundLink {
  readonly stored: StoredLink;
  /** When it was last made or used, in milliseconds since the epoch. */
  readonly activeAt: number;
}

/** The files of links, one for each; their times tell when a link was last made or used. */
export class LinkFiles {
  readonly #directory: string;

  /** @param directory Made when the first link is written. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * All links; files that cannot be read are removed.
   *
   * @param check Throws for what is no link.
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

  /** @param name Of the link's files, without their extension. */
  write(name: string, stored: StoredLink): void {
    ensurePrivateDirectory(this.#directory);
    Deno.writeTextFileSync(this.#path(name), JSON.stringify(stored), { mode: 0o600 });
  }

  /** Notes that a link is in use. A failure makes it look older than it is, and nothing else. */
  touch(name: string, at: number): void {
    try {
      Deno.utimeSync(this.#path(name), at / 1000, at / 1000);
    } catch {
      // Somebody has removed it.
    }
  }

  remove(name: string): void {
    try {
      Deno.removeSync(this.#path(name));
    } catch {
      // Somebody has removed it.
    }
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}
