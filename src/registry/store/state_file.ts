import { dirname } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../errors.ts";
import {
  ensureOwnDirectory,
  homeDirectory,
  printablePath,
  stateFilePath,
} from "../../platform/mod.ts";
import type { Session } from "../session.ts";

/** Goes up with every change of the schema. */
const SCHEMA_VERSION = 1;
/** Marks a file as ours ("SCTL"): another program's database is left alone. */
const APPLICATION_ID = 0x5343544c;
const SCHEMA = `
  BEGIN;
  CREATE TABLE sessions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    socket_path TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  COMMIT;
`;

/** An open state file. */
export interface OpenedState {
  readonly database: DatabaseSync;
  /** The oldest registration first. */
  readonly sessions: Session[];
  /** How many changes were ever committed to it; see {@link sequenceOf}. */
  readonly sequence: number;
}

/** A state file that could not be read and was moved out of the way. */
export interface DamagedState {
  readonly movedTo: string;
  readonly reason: string;
  /** How many of its sessions could still be read; they are in the new file. */
  readonly salvaged: number;
}

/**
 * Opens the state file, or makes it (0600, in a 0700 directory). A damaged one is moved
 * aside and replaced by a new one that holds what could still be read.
 *
 * @returns also `existed`: whether there was one, with content.
 * @throws {Error} when it cannot be opened, is another program's, or lies where others may write.
 */
export function openStateFile(
  path: string,
): OpenedState & { existed: boolean; damaged?: DamagedState } {
  const existed = makeFile(path);
  const opened = openOrDamage(path);
  if (!(opened instanceof DamageError)) return { ...opened, existed };
  const movedTo = moveAside(path, "damaged");
  makeFile(path);
  const { database } = openDatabase(path);
  try {
    database.exec("BEGIN");
    for (const session of opened.salvaged) insert(database, session);
    continueFrom(database, opened.sequence);
    database.exec("COMMIT");
    const damaged = { movedTo, reason: opened.message, salvaged: opened.salvaged.length };
    return { database, ...contentOf(database), existed, damaged };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A state that is kept in memory only. */
export function openMemory(): OpenedState {
  return openDatabase(":memory:");
}

/**
 * Makes the state file if there is none. One that is there is SQLite's to open: see `fcntl(2)`,
 * "close".
 *
 * @returns whether there was one, with content.
 */
function makeFile(path: string): boolean {
  // Where others may write, the file may be theirs, or a link lie where SQLite puts its journal.
  ensureOwnDirectory(dirname(path));
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is not a regular file");
    return size > 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // SQLite would make it with the umask's mode, and its journal with the file's.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
    return false;
  }
}

function openOrDamage(path: string): OpenedState | DamageError {
  try {
    return openDatabase(path);
  } catch (error) {
    const damage = asDamage(error);
    if (!damage) throw error;
    if (isSomethingElse(path)) throw new Error("it is not a state file");
    return damage;
  }
}

/** How every SQLite file begins. Source: sqlite.org/fileformat2.html, "Magic Header String". */
const MAGIC = new TextEncoder().encode("SQLite format 3\0");

/**
 * Whether a file never was a database: `--state` may name a dotfile by mistake. A crash
 * leaves zeros; and at our own place there is nothing but ours.
 */
function isSomethingElse(path: string): boolean {
  if (homeDirectory() !== undefined && path === stateFilePath()) return false;
  const start = new Uint8Array(MAGIC.length);
  using file = Deno.openSync(path);
  const length = file.readSync(start) ?? 0;
  const same = MAGIC.filter((byte, at) => at >= length || start[at] === byte).length;
  return same < MAGIC.length / 2 && start.some((byte) => byte !== 0);
}

function openDatabase(path: string): OpenedState {
  const database = new DatabaseSync(path);
  try {
    // Exclusive: a second server on the same file is refused instead of interfering.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // Before anything is written: another program's database is left as it is.
    const isNew = checkIdentity(database);
    try {
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = FULL");
      const check = pragma(database, "quick_check");
      if (check !== "ok") throw new DamageError(String(check));
      // What is there already is not written again: on a full disk the server still starts.
      if (isNew) database.exec(SCHEMA);
      return { database, ...contentOf(database) };
    } catch (error) {
      const damage = asDamage(error);
      if (damage && !isNew) salvage(database, damage);
      throw damage ?? error;
    }
  } catch (error) {
    database.close();
    throw error;
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}

/** @returns whether nothing is in it yet. */
function checkIdentity(database: DatabaseSync): boolean {
  const version = Number(pragma(database, "user_version"));
  const application = pragma(database, "application_id");
  const isNew = pragma(database, "schema_version") === 0 && application === 0;
  if (!isNew && application !== APPLICATION_ID) {
    throw new Error("it is another program's database");
  }
  if (version > SCHEMA_VERSION) {
    throw new Error(`it was written by a newer sessionctl (schema ${version})`);
  }
  return isNew;
}

class DamageError extends Error {
  /** What could be read all the same, the oldest registration first. */
  salvaged: Session[] = [];
  /** The highest number of a change that could be read. */
  sequence = 0;
}

/** A file that is sound to SQLite may still hold what we never wrote. */
function contentOf(database: DatabaseSync): Omit<OpenedState, "database"> {
  let rows: Record<string, unknown>[];
  let sequence: number;
  try {
    rows = database.prepare("SELECT socket_path, session FROM sessions ORDER BY sequence").all();
    sequence = sequenceOf(database);
  } catch (error) {
    throw new DamageError(messageOf(error));
  }
  const sessions = rows.map(({ socket_path, session }) => {
    const read = parseSession(session);
    if (read) return read;
    throw new DamageError(`the row of ${printablePath(String(socket_path))} holds no session`);
  });
  return { sessions, sequence };
}

/**
 * How many changes were ever committed: SQLite counts the insertions, and {@link COUNT_REMOVAL}
 * the removals. Source: sqlite.org/autoinc.html, "the sqlite_sequence table".
 */
export function sequenceOf(database: DatabaseSync): number {
  const row = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'sessions'").get();
  return Number(row?.seq ?? 0);
}

/** What counts the removal of one session as a change. */
export const COUNT_REMOVAL = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'sessions'";

/** Goes on counting from `sequence`, so that a later change never has a number a lost one had. */
export function continueFrom(database: DatabaseSync, sequence: number): void {
  database.exec("DELETE FROM sqlite_sequence WHERE name = 'sessions'");
  database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', ?)").run(sequence);
}

/** What registers a session, in place of an earlier one with the same socket. */
export const PUT = "INSERT OR REPLACE INTO sessions (socket_path, session) VALUES (?, ?)";

/** What writes a registered session anew, which keeps its place in the order of registration. */
export const UPDATE = "UPDATE sessions SET session = ? WHERE socket_path = ?";

function insert(database: DatabaseSync, session: Session): void {
  database.prepare(PUT).run(session.socketPath, JSON.stringify(session));
}

/** Every session that can still be read: from the start up to the damage, and back from the end. */
function salvage(database: DatabaseSync, damage: DamageError): void {
  const found = new Map<number, Session>();
  for (const order of ["ASC", "DESC"]) {
    try {
      const rows = database.prepare(
        `SELECT sequence, session FROM sessions NOT INDEXED ORDER BY sequence ${order}`,
      );
      for (const { sequence, session } of rows.iterate()) {
        const read = parseSession(session);
        if (read) found.set(Number(sequence), read);
      }
    } catch { /* the damage begins here */ }
  }
  const ordered = [...found].sort(([a], [b]) => a - b);
  damage.salvaged = ordered.map(([, session]) => session);
  damage.sequence = ordered.at(-1)?.[0] ?? 0;
  try {
    damage.sequence = Math.max(damage.sequence, sequenceOf(database));
  } catch { /* it is damaged, too */ }
}

function parseSession(text: unknown): Session | undefined {
  try {
    const session = JSON.parse(String(text)) as Session | null;
    const isSession = typeof session?.socketPath === "string" &&
      typeof session.kind === "string" && typeof session.registeredAt === "number";
    return isSession ? session : undefined;
  } catch {
    return undefined;
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB, an unknown file format; the runtime gives their texts, not their numbers. */
function asDamage(error: unknown): DamageError | undefined {
  if (error instanceof DamageError) return error;
  const text = messageOf(error);
  return /malformed|not a database|unsupported file format/i.test(text)
    ? new DamageError(text)
    : undefined;
}

/** Renames a state file and what SQLite keeps beside it. @returns where it is now. */
export function moveAside(path: string, why: "damaged" | "replaced"): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const movedTo = `${path}.${why}-${stamp}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + suffix, movedTo + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return movedTo;
}
