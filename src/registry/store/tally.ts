import { crc32 } from "node:zlib";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** How far the state file had come when it was last written. */
export interface TallyRecord {
  /** How many changes were ever committed; it never goes down. */
  readonly sequence: number;
  /** How many sessions the state file held after the last of them. */
  readonly sessions: number;
}

/** One of two slots; the older one survives a write that was cut short. */
const SLOT_BYTES = 64;
const SLOTS = 2;
const encoder = new TextEncoder();

/**
 * A small file beside the state file that says how much the state file holds. SQLite drops
 * the end of a damaged write-ahead log without an error, and a removed state file looks like
 * a first start; the tally shows that something is missing.
 *
 * It is written after each commit and before the commit is acknowledged, so it is never ahead
 * of a sound state file. It is not synchronized with each commit: {@link sync} does that.
 */
export class Tally {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #slot: number;
  #dirty = false;
  /** What the file said when it was opened; undefined when it was new or unreadable. */
  readonly found: TallyRecord | undefined;
  /** Whether the file was not there, or empty. */
  readonly isNew: boolean;
  /** Whether the file was there, with content, and no slot of it could be read. */
  readonly isUnreadable: boolean;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    const bytes = new Uint8Array(SLOT_BYTES * SLOTS);
    let length = 0;
    for (let read; (read = file.readSync(bytes.subarray(length)));) length += read;
    const slots = Array.from({ length: SLOTS }, (_, slot) => decode(bytes, slot));
    const newest = (slots[0]?.sequence ?? -1) >= (slots[1]?.sequence ?? -1) ? 0 : 1;
    this.#slot = newest;
    this.found = slots[newest];
    this.isNew = length === 0;
    this.isUnreadable = length > 0 && this.found === undefined;
    // Both slots have their place on the disk from now on: a full disk does not stop a write.
    if (length < bytes.length) this.#writeAt(0, bytes);
  }

  /** @throws {Error} when the file cannot be opened, is no regular file or the disk is full. */
  static open(path: string): Tally {
    // A pipe would wait for its other end.
    const existing = lstat(path);
    if (existing && !existing.isFile) {
      throw new SessionctlError("IO_ERROR", `${printablePath(path)} is not a regular file`);
    }
    const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    try {
      return new Tally(path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Replaces the older of the two records. */
  write(record: TallyRecord): void {
    const slot = (this.#slot + 1) % SLOTS;
    this.#writeAt(slot * SLOT_BYTES, encode(record));
    this.#slot = slot;
    this.#dirty = true;
  }

  #writeAt(offset: number, bytes: Uint8Array): void {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw new SessionctlError(
        "IO_ERROR",
        `cannot write ${printablePath(this.#path)}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Puts what was written since the last call on the disk. */
  sync(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#file.syncDataSync();
  }

  close(): void {
    try {
      this.sync();
    } finally {
      this.#file.close();
    }
  }
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function encode({ sequence, sessions }: TallyRecord): Uint8Array {
  const text = `sequence ${sequence} sessions ${sessions} `;
  const check = crc32(encoder.encode(text)).toString(16).padStart(8, "0");
  return encoder.encode(`${text}${check}`.padEnd(SLOT_BYTES - 1) + "\n");
}

function decode(bytes: Uint8Array, slot: number): TallyRecord | undefined {
  const text = new TextDecoder().decode(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
  const match = /^(sequence (\d{1,15}) sessions (\d{1,15}) )([0-9a-f]{8})/.exec(text);
  if (!match || crc32(encoder.encode(match[1]!)) !== parseInt(match[4]!, 16)) return undefined;
  return { sequence: Number(match[2]), sessions: Number(match[3]) };
}
