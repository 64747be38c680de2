import { dirname } from "@std/path/posix";
import { setImmediate } from "node:timers";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  checkOwnDirectory,
  homeDirectory,
  messageOf,
  printablePath,
  SessionctlError,
  stateFilePath,
} from "../platform/mod.ts";
import type { Session } from "./session.ts";

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

type Change = { readonly put: string; readonly text: string } | { readonly remove: string };

interface Waiting {
  readonly change: Change;
  readonly done: PromiseWithResolvers<void>;
}

interface OpenedState {
  readonly database: DatabaseSync;
  readonly sessions: Session[];
}

/** A state file that could not be read and was moved out of the way. */
export interface DamagedState {
  readonly movedTo: string;
  readonly reason: string;
}

/**
 * The sessions on disk. Changes that arrive together are written in one
 * transaction, and each is acknowledged only when that is on the disk.
 */
export class SessionStore {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  #loaded: Session[];
  #waiting: Waiting[] = [];
  /** Set when the file had to be replaced by a new one. */
  readonly damaged: DamagedState | undefined;
  /** The state file; undefined when nothing is kept. */
  readonly path: string | undefined;

  private constructor(opened: OpenedState, path?: string, damaged?: DamagedState) {
    const { database, sessions } = opened;
    this.#database = database;
    this.#loaded = sessions;
    this.path = path;
    this.damaged = damaged;
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO sessions (socket_path, session) VALUES (?, ?)",
    );
    this.#remove = database.prepare("DELETE FROM sessions WHERE socket_path = ?");
  }

  /**
   * Opens the state file, or makes it (0600, in a 0700 directory). A damaged one is
   * moved aside and replaced.
   *
   * @param path Undefined to keep nothing beyond this process.
   * @throws {SessionctlError} `STATE_UNAVAILABLE` when it cannot be opened, is in use by
   * another server, was written by a newer sessionctl, or lies where others may write.
   */
  static open(path: string | undefined): SessionStore {
    if (path === undefined) return new SessionStore(openDatabase(":memory:"));
    try {
      makeFile(path);
      const opened = openOrDamage(path);
      if (!(opened instanceof Error)) return new SessionStore(opened, path);
      const damaged = { movedTo: moveAside(path), reason: messageOf(opened) };
      return new SessionStore(openDatabase(path), path, damaged);
    } catch (error) {
      throw unavailable(path, error);
    }
  }

  /** The sessions that were on disk when it was opened, the oldest registration first; once. */
  load(): Session[] {
    const sessions = this.#loaded;
    this.#loaded = [];
    return sessions;
  }

  /** Writes a session; resolves when it is on disk. */
  put(session: Session): Promise<void> {
    return this.#enqueue({ put: session.socketPath, text: JSON.stringify(session) });
  }

  /** Deletes a session; resolves when that is on disk. */
  remove(socketPath: string): Promise<void> {
    return this.#enqueue({ remove: socketPath });
  }

  #enqueue(change: Change): Promise<void> {
    const done = Promise.withResolvers<void>();
    // A macrotask: by then every request that has arrived is in the same transaction.
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    this.#waiting.push({ change, done });
    return done.promise;
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      this.#write(batch);
      for (const { done } of batch) done.resolve();
    } catch (error) {
      const failure = unavailable(this.path ?? ":memory:", error);
      for (const { done } of batch) done.reject(failure);
    }
  }

  #write(batch: readonly Waiting[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { change } of batch) {
        if ("put" in change) this.#put.run(change.put, change.text);
        else this.#remove.run(change.remove);
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      // A full disk rolls back by itself; then there is nothing left to roll back.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Writes what is waiting and closes the file. */
  close(): void {
    this.#flush();
    this.#database.close();
  }
}

/** Makes the state file if there is none. One that is there is SQLite's to open: see `fcntl(2)`, "close". */
function makeFile(path: string): void {
  const directory = dirname(path);
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Where others may write, the file may be theirs, or a link lie where SQLite puts its journal.
  checkOwnDirectory(directory);
  try {
    if (!Deno.statSync(path).isFile) throw new Error("it is not a regular file");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // SQLite would make it with the umask's mode, and its journal with the file's.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  }
}

function openOrDamage(path: string): OpenedState | Error {
  try {
    return openDatabase(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (isSomethingElse(path)) throw new Error("it is some other file, not a state file");
    return error;
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
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    const check = pragma(database, "quick_check");
    if (check !== "ok") throw new DamageError(String(check));
    // What is there already is not written again: on a full disk the server still starts.
    if (isNew) database.exec(SCHEMA);
    return { database, sessions: readSessions(database) };
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

class DamageError extends Error {}

/** A file that is sound to SQLite may still hold what we never wrote. */
function readSessions(database: DatabaseSync): Session[] {
  let rows: Record<string, unknown>[];
  try {
    rows = database.prepare("SELECT socket_path, session FROM sessions ORDER BY sequence").all();
  } catch (error) {
    throw new DamageError(messageOf(error));
  }
  return rows.map(({ socket_path, session }) => {
    const read = parseSession(session as string);
    if (read) return read;
    throw new DamageError(`the row of ${printablePath(String(socket_path))} holds no session`);
  });
}

function parseSession(text: string): Session | undefined {
  try {
    const session = JSON.parse(text) as Session | null;
    const isSession = typeof session?.socketPath === "string" &&
      typeof session.kind === "string" && typeof session.registeredAt === "number";
    return isSession ? session : undefined;
  } catch {
    return undefined;
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB, an unknown file format; the runtime gives their texts, not their numbers. */
function isDamage(error: unknown): error is Error {
  return error instanceof DamageError ||
    /malformed|not a database|unsupported file format/i.test(messageOf(error));
}

function moveAside(path: string): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const movedTo = `${path}.damaged-${stamp}`;
  Deno.renameSync(path, movedTo);
  for (const suffix of ["-wal", "-shm"]) {
    try {
      Deno.renameSync(path + suffix, movedTo + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  return movedTo;
}

function unavailable(path: string, error: unknown): SessionctlError {
  const reason = messageOf(error);
  // The whole text: a path in another error may hold these words too.
  const locked = /^database (table )?is locked$/i.test(reason);
  return new SessionctlError(
    "STATE_UNAVAILABLE",
    locked
      ? `the state file ${printablePath(path)} is in use by another server`
      : `cannot use the state file ${printablePath(path)}: ${reason}`,
    {
      cause: error,
      hint: locked
        ? "give this server a --state FILE of its own, or --no-state"
        : "choose another with --state FILE, or keep nothing with --no-state",
    },
  );
}
