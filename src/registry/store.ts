import { dirname } from "@std/path/posix";
import { setImmediate } from "node:timers";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { messageOf, SessionctlError } from "../platform/mod.ts";
import type { Session } from "./session.ts";

/** Goes up with every change of the schema. */
const SCHEMA_VERSION = 1;
/** Marks a file as ours ("SCTL"): another program's database is left alone. */
const APPLICATION_ID = 0x5343544c;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    socket_path TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

type Change = { readonly put: Session } | { readonly remove: string };

interface Waiting {
  readonly change: Change;
  readonly done: PromiseWithResolvers<void>;
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
  #waiting: Waiting[] = [];
  /** Set when the file had to be replaced by a new one. */
  readonly damaged: DamagedState | undefined;
  /** The state file; undefined when nothing is kept. */
  readonly path: string | undefined;

  private constructor(database: DatabaseSync, path?: string, damaged?: DamagedState) {
    this.#database = database;
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
   * another server, or was written by a newer sessionctl.
   */
  static open(path: string | undefined): SessionStore {
    if (path === undefined) return new SessionStore(openDatabase(":memory:"));
    try {
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // SQLite would make it with the umask's mode, and its journal with the file's.
      Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
    } catch (error) {
      throw unavailable(path, error);
    }
    try {
      return new SessionStore(openDatabase(path), path);
    } catch (error) {
      if (!isDamage(error)) throw unavailable(path, error);
      const damaged = { movedTo: moveAside(path), reason: messageOf(error) };
      return new SessionStore(openDatabase(path), path, damaged);
    }
  }

  /** Every session on disk, the oldest registration first. */
  load(): Session[] {
    const rows = this.#database.prepare("SELECT session FROM sessions ORDER BY sequence").all();
    return rows.map((row) => JSON.parse(row.session as string) as Session);
  }

  /** Writes a session; resolves when it is on disk. */
  put(session: Session): Promise<void> {
    return this.#enqueue({ put: session });
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
        if ("put" in change) this.#put.run(change.put.socketPath, JSON.stringify(change.put));
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

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // Exclusive: a second server on the same file is refused instead of interfering.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    checkIdentity(database);
    const check = pragma(database, "quick_check");
    if (check !== "ok") throw new DamageError(String(check));
    database.exec(SCHEMA);
    checkRows(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}

function checkIdentity(database: DatabaseSync): void {
  const version = Number(pragma(database, "user_version"));
  const isEmpty = Number(pragma(database, "schema_version")) === 0;
  if (!isEmpty && pragma(database, "application_id") !== APPLICATION_ID) {
    throw new Error("it is another program's database");
  }
  if (version > SCHEMA_VERSION) {
    throw new Error(`it was written by a newer sessionctl (schema ${version})`);
  }
}

class DamageError extends Error {}

/** A file that is sound to SQLite may still not be ours. */
function checkRows(database: DatabaseSync): void {
  try {
    const bad = database.prepare(
      "SELECT socket_path FROM sessions WHERE json_valid(session) = 0 LIMIT 1",
    ).get();
    if (bad) throw new DamageError(`the row of ${bad.socket_path} is not JSON`);
  } catch (error) {
    if (error instanceof DamageError) throw error;
    throw new DamageError(messageOf(error));
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB; the runtime gives their texts, not their numbers. */
function isDamage(error: unknown): boolean {
  return error instanceof DamageError || /malformed|not a database/i.test(messageOf(error));
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
  const locked = /locked|busy/i.test(reason);
  return new SessionctlError(
    "STATE_UNAVAILABLE",
    locked
      ? `the state file ${path} is in use by another server`
      : `cannot use the state file ${path}: ${reason}`,
    {
      cause: error,
      hint: locked
        ? "give this server a --state FILE of its own, or --no-state"
        : "choose another with --state FILE, or keep nothing with --no-state",
    },
  );
}
