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

/** Increases with every change of the schema. */
const SCHEMA_VERSION = 1;
/** Marks a file as ours ("SCTL"); the database of another program is left alone. */
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
  /** The sessions, oldest registration first. */
  readonly sessions: Session[];
  /** Number of changes ever committed to it; see {@link sequenceOf}. */
  readonly sequence: number;
}

/** A state file that could not be read and was moved out of the way. */
export interface DamagedState {
  readonly movedTo: string;
  readonly reason: string;
  /** Number of sessions that could still be read; the new file contains them. */
  readonly salvaged: number;
}

/**
 * Opens the state file, or creates it (0600, in a 0700 directory). A damaged file is moved aside,
 * and a new one gets the sessions that could still be read.
 *
 * @returns also `existed`: whether the file existed and had content.
 * @throws {Error} if it cannot be opened, is another program's, or lies where others may write.
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

/** Opens a state that is kept in memory only. */
export function openMemory(): OpenedState {
  return openDatabase(":memory:");
}

/**
 * Creates the state file if it does not exist. An existing file is opened by SQLite alone, because
 * closing our own descriptor would release SQLite's locks: see `fcntl(2)`, "close".
 *
 * @returns whether the file existed and had content.
 */
function makeFile(path: string): boolean {
  // If others may write here, the file may be theirs, or a link may lie at the path of SQLite's
  // journal.
  ensureOwnDirectory(dirname(path));
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is not a regular file");
    return size > 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // SQLite would create the file with the umask's mode, and its journal with the file's mode.
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

/** The start of every SQLite file. Source: sqlite.org/fileformat2.html, "Magic Header String". */
const MAGIC = new TextEncoder().encode("SQLite format 3\0");

/**
 * Whether a file never was a database, because `--state` may name a dotfile by mistake. A crash
 * leaves zeros, and the default path holds only our own files.
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
    // An exclusive lock makes a second server on the same file fail instead of interfering.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // Checked before the first write, so that another program's database stays unchanged.
    const isNew = checkIdentity(database);
    try {
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = FULL");
      const check = pragma(database, "quick_check");
      if (check !== "ok") throw new DamageError(String(check));
      // An existing schema is not written again, so that the server starts on a full disk.
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

/** @returns whether the database is empty. */
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
  /** The sessions that could still be read, oldest registration first. */
  salvaged: Session[] = [];
  /** The highest number of a change that could be read. */
  sequence = 0;
}

/**
 * Reads the content. A file that is valid for SQLite may still contain rows that we never wrote.
 */
function contentOf(database: DatabaseSync): Omit<OpenedState, "database"> {
  const sessions: Session[] = [];
  try {
    const rows = database.prepare("SELECT socket_path, session FROM sessions ORDER BY sequence");
    // One by one, because the rows of many sessions would take as much memory as the sessions.
    for (const { socket_path, session } of rows.iterate()) {
      const read = parseSession(session);
      if (read) sessions.push(read);
      else throw new Error(`the row of ${printablePath(String(socket_path))} holds no session`);
    }
    return { sessions, sequence: sequenceOf(database) };
  } catch (error) {
    throw new DamageError(messageOf(error));
  }
}

/**
 * Number of changes ever committed: SQLite counts the insertions, and {@link COUNT_REMOVAL} counts
 * the removals. Source: sqlite.org/autoinc.html, "the sqlite_sequence table".
 */
export function sequenceOf(database: DatabaseSync): number {
  const row = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'sessions'").get();
  return Number(row?.seq ?? 0);
}

/** Counts the removal of one session as a change. */
export const COUNT_REMOVAL = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'sessions'";

/** Continues counting from `sequence`, so that no later change gets the number of a lost one. */
export function continueFrom(database: DatabaseSync, sequence: number): void {
  database.exec("DELETE FROM sqlite_sequence WHERE name = 'sessions'");
  database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', ?)").run(sequence);
}

/** Registers a session and replaces an earlier one with the same socket. */
export const PUT = "INSERT OR REPLACE INTO sessions (socket_path, session) VALUES (?, ?)";

/** Updates a registered session, which keeps its place in the order of registration. */
export const UPDATE = "UPDATE sessions SET session = ? WHERE socket_path = ?";

function insert(database: DatabaseSync, session: Session): void {
  database.prepare(PUT).run(session.socketPath, JSON.stringify(session));
}

/**
 * Collects all sessions that can still be read: from the start up to the damage, and back from the
 * end.
 */
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

/**
 * Recognizes SQLITE_CORRUPT, SQLITE_NOTADB and an unknown file format by their texts, because the
 * runtime does not report their numbers.
 */
function asDamage(error: unknown): DamageError | undefined {
  if (error instanceof DamageError) return error;
  const text = messageOf(error);
  return /malformed|not a database|unsupported file format/i.test(text)
    ? new DamageError(text)
    : undefined;
}

/** Renames a state file and the files that SQLite keeps beside it. @returns the new path. */
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
