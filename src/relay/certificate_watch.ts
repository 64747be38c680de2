import { messageOf } from "../platform/mod.ts";
import { readCredentials } from "./certificate.ts";
import type { CredentialFiles, Credentials } from "./types.ts";

/** How often the files are looked at, in milliseconds. */
const POLL_MS = 1000;

/** What is told of new credentials that are broken. */
export function notUsed(error: unknown): string {
  return `the new certificate is not used, the old one stays: ${messageOf(error)}`;
}

export interface CertificateWatchOptions {
  readonly files: CredentialFiles;
  /** What is in use. */
  readonly current: Credentials;
  onChange(credentials: Credentials): void;
  log(line: string): void;
}

/**
 * Reads credentials again when told to, and when their files change. What is broken
 * is reported and not used: the old ones stay.
 *
 * Looks at the files' times instead of watching them: certificates are renewed by
 * renaming, through links, over network file systems, and a second is soon enough.
 */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #current: Credentials;
  #seen: string;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#current = options.current;
    this.#seen = this.#fileState();
    this.#timer = setInterval(() => this.#look(), POLL_MS);
  }

  #fileState(): string {
    const { cert, key } = this.#options.files;
    return [cert, key].map((path) => {
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
    const { files, log, onChange } = this.#options;
    if (this.#closed) return;
    try {
      const fresh = await readCredentials(files.cert, files.key);
      if (this.#closed) return;
      const changed = fresh.cert !== this.#current.cert || fresh.key !== this.#current.key;
      if (changed) onChange(fresh);
      this.#current = fresh;
      if (changed || asked) log(`certificate loaded from ${files.cert}`);
    } catch (error) {
      log(notUsed(error));
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }
}
