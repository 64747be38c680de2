import { crc32 } from "node:zlib";
import { reasonOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/** The progress of the state file at its last write. */
export interface TallyRecord {
  /** Number of changes ever committed; it never decreases. */
  readonly sequence: number;
  /** Number of sessions in the state file after the last change. */
  readonly sessions: number;
}

/** The size of each of two slots. The older slot survives an incomplete write. */
const SLOT_BYTES = 64;
const SLOTS = 2;
const encoder = new TextEncoder();

/**
 * A small file beside the state file that records how much the state file holds. SQLite drops the
 * end of a damaged write-ahead log without an error, and a removed state file looks like a first
 * start. The tally reveals such losses.
 *
 * It is written after each commit and before the commit is acknowledged, so it is never ahead of an
 * intact state file. It is not synchronized with each commit; {@link sync} does that.
 */
export class Tally {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #slot: number;
  #dirty = false;
  /** The record found at opening; undefined if the file was new or unreadable. */
  readonly found: TallyRecord | undefined;
  /** Whether the file was missing or empty. */
  readonly isNew: boolean;
  /** Whether the file had content, but no readable slot. */
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
    // Allocates both slots now, so that a full disk does not prevent later writes.
    if (length < bytes.length) this.#writeAt(0, bytes);
  }

  /** @throws {Error} if the file cannot be opened, is not a regular file, or the disk is full. */
  static open(path: string): Tally {
    // Opening a FIFO would block until its other end opens.
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
        `cannot write ${printablePath(this.#path)}: ${reasonOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Synchronizes the writes since the last call to disk. */
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
