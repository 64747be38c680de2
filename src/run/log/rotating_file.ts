import { basename, dirname } from "@std/path/posix";
import { reasonOf, SessionctlError } from "../../errors.ts";
import {
  ensureOwnDirectory,
  type FileIdentity,
  fileIdentity,
  type FileLock,
  lockFile,
  printablePath,
  sameFile,
} from "../../platform/mod.ts";

export interface RotationLimits {
  /** Maximum length of a file before it is rotated, in bytes. */
  readonly maxBytes: number;
  /** Maximum age of a file before it is rotated, in milliseconds; `Infinity` for never. */
  readonly maxAgeMs: number;
  /** Number of old files to keep. */
  readonly keep: number;
}

/** Interval of the checks that the file is still at its path, in milliseconds. */
const LOOK_MS = 1000;

/**
 * A log file with rotation (`FILE.1`, `FILE.2`, ..., the oldest is removed) by length and age. A
 * lock prevents a second process from writing to it or rotating it. If somebody removes or renames
 * it, it is created again.
 *
 * All operations are synchronous: each line is in one file as a whole, never split over two.
 */
export class RotatingFile {
  readonly path: string;
  readonly #limits: RotationLimits;
  #lock: FileLock;
  #file: Deno.FsFile | undefined;
  #identity: FileIdentity | undefined;
  #lookedAt = 0;
  #length = 0;
  #since = 0;

  /**
   * Opens the file, or creates it (0600) and its directory (0700). An existing file must be ours.
   * Its owner decides on its mode; a new file is closed to others.
   *
   * @throws {SessionctlError} `FILE_IN_USE` if another process writes to it; `IO_ERROR`,
   * `ACCESS_DENIED`, `UNSAFE_DIRECTORY` if it cannot be opened.
   */
  constructor(path: string, limits: RotationLimits) {
    this.path = path;
    this.#limits = limits;
    ensureOwnDirectory(dirname(path));
    this.#lock = lockFor(path);
    try {
      this.#open();
    } catch (error) {
      this.#lock.release();
      throw cannotWrite(path, error);
    }
  }

  #open(): void {
    if (isPipe(this.path)) {
      // Opening it would block until it has a reader, and block the whole process.
      throw new SessionctlError("IO_ERROR", `${printablePath(this.path)} is a pipe, not a file`);
    }
    const file = Deno.openSync(this.path, { append: true, create: true, mode: 0o600 });
    const { size, isFile, birthtime, mtime } = file.statSync();
    this.#file = file;
    this.#identity = fileIdentity(this.path);
    this.#lookedAt = performance.now();
    this.#length = isFile ? size : 0;
    this.#since = size === 0 ? Date.now() : (birthtime ?? mtime ?? new Date()).getTime();
  }

  /**
   * Adds whole lines, unchanged.
   *
   * @param lines Lines including their ends. More than fit into a file are still written to one.
   * @throws {SessionctlError} `IO_ERROR` if not all of them could be written; the file then
   * contains none of them, and the caller may try again.
   */
  write(lines: Uint8Array): void {
    try {
      if (this.#file && this.#isDisplaced()) this.#leave();
      if (!this.#file) this.#openAgain();
      if (this.#isDue(lines.length)) this.#rotate();
      this.#append(lines);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  #isDisplaced(): boolean {
    if (performance.now() - this.#lookedAt < LOOK_MS) return false;
    this.#lookedAt = performance.now();
    return !sameFile(fileIdentity(this.path), this.#identity);
  }

  #leave(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Opens the file again. The directory may have been removed, together with the lock. */
  #openAgain(): void {
    ensureOwnDirectory(dirname(this.path));
    if (!this.#lock.isInPlace()) {
      const lock = lockFor(this.path);
      this.#lock.release();
      this.#lock = lock;
    }
    this.#open();
  }

  #isDue(more: number): boolean {
    if (this.#length === 0) return false;
    const { maxBytes, maxAgeMs } = this.#limits;
    const now = Date.now();
    // The clock was set back, so the age counts from now on.
    if (now < this.#since) this.#since = now;
    return this.#length + more > maxBytes || now - this.#since >= maxAgeMs;
  }

  #append(lines: Uint8Array): void {
    const before = this.#length;
    try {
      for (let at = 0; at < lines.length;) {
        const count = this.#file!.writeSync(lines.subarray(at));
        at += count;
        this.#length += count;
      }
    } catch (error) {
      // A full disk may have accepted the beginning.
      if (this.#length > before) this.#cutTo(before);
      throw error;
    }
  }

  #cutTo(length: number): void {
    this.#file!.truncateSync(length);
    this.#length = length;
  }

  /**
   * Rotates by renaming only, so that after any interruption each line is still in one of the
   * files.
   */
  #rotate(): void {
    const { keep } = this.#limits;
    const name = (age: number) => age === 0 ? this.path : `${this.path}.${age}`;
    this.#leave();
    // After a gap, which an interruption may have left, no file needs to move.
    let last = 1;
    while (last < keep && fileIdentity(name(last)) !== undefined) last++;
    for (let age = Math.min(last, keep); age > 0; age--) renameIfThere(name(age - 1), name(age));
    if (keep === 0) Deno.removeSync(this.path);
    this.#removeBeyond(keep);
    this.#openAgain();
  }

  /** Removes files beyond the limit, because earlier limits may have been higher. */
  #removeBeyond(keep: number): void {
    for (let age = keep + 1; fileIdentity(`${this.path}.${age}`) !== undefined; age++) {
      Deno.removeSync(`${this.path}.${age}`);
    }
  }

  close(): void {
    this.#leave();
    this.#lock.release();
  }
}

function lockFor(path: string): FileLock {
  const lock = lockFile(`${path}.lock`);
  if ("release" in lock) return lock;
  const who = lock.heldBy === undefined ? "another process" : `process ${lock.heldBy}`;
  throw new SessionctlError("FILE_IN_USE", `${who} writes to ${printablePath(path)}`);
}

function isPipe(path: string): boolean {
  try {
    return Deno.statSync(path).isFifo === true;
  } catch {
    return false; // The file will be created, or opening it reports the problem.
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw failed(`cannot rename the log ${printablePath(from)} to ${basename(to)}`, error);
  }
}

function cannotWrite(path: string, error: unknown): SessionctlError {
  if (error instanceof SessionctlError) return error;
  return failed(`cannot write to the log ${printablePath(path)}`, error);
}

function failed(what: string, error: unknown): SessionctlError {
  const code = error instanceof Deno.errors.PermissionDenied ? "ACCESS_DENIED" : "IO_ERROR";
  return new SessionctlError(code, `${what}: ${reasonOf(error)}`, { cause: error });
}
