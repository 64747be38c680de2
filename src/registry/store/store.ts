import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { messageOf } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import type { Session } from "../session.ts";
import { lossOf, NOT_KNOWN, type StateLoss } from "./loss.ts";
import { unavailable } from "./state_error.ts";
import {
  continueFrom,
  COUNT_REMOVAL,
  type DamagedState,
  type OpenedState,
  openMemory,
  openStateFile,
  PUT,
  sequenceOf,
  UPDATE,
} from "./state_file.ts";
import { StateFileWatch } from "./state_file_watch.ts";
import { Tally } from "./tally.ts";

type Change = { readonly put: string; readonly text: string } | { readonly remove: string };

interface Waiting {
  readonly change: Change;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The sessions on disk. Changes that arrive together are written in one
 * transaction, and each is acknowledged only when that is on the disk.
 */
export class SessionStore {
  #database!: DatabaseSync;
  #put!: StatementSync;
  #update!: StatementSync;
  #remove!: StatementSync;
  #countRemoval!: StatementSync;
  #file: StateFileWatch | undefined;
  #loaded: Session[];
  #waiting: Waiting[] = [];
  /** Sessions whose fields are to be written with the next change, by their sockets. */
  readonly #outdated = new Map<string, Session>();
  #tally: Tally | undefined;
  /** How many changes were ever committed. */
  #sequence: number;
  /** The sockets of all sessions in the file. */
  readonly #sockets: Set<string>;
  readonly #log: (message: string) => void;
  /** Set when the file had to be replaced by a new one. */
  readonly damaged: DamagedState | undefined;
  /** What was missing when the file was opened. It is told again until the next change. */
  readonly loss: StateLoss | undefined;
  /** The state file; undefined when nothing is kept. */
  readonly path: string | undefined;

  private constructor(
    opened: OpenedState & { existed?: boolean; damaged?: DamagedState },
    path?: string,
    log: (message: string) => void = () => {},
  ) {
    this.path = path;
    this.damaged = opened.damaged;
    this.#loaded = opened.sessions;
    this.#sequence = opened.sequence;
    this.#sockets = new Set(opened.sessions.map(({ socketPath }) => socketPath));
    this.#log = log;
    this.#use(opened.database);
    if (path === undefined) return;
    this.#tally = openTally(path, log);
    const expected = this.#tally?.found;
    const isTallyLost = this.#tally?.isUnreadable || (opened.existed && this.#tally?.isNew);
    if (expected) this.loss = lossOf(expected, this.#sequence, this.#sockets.size);
    else if (isTallyLost) this.loss = NOT_KNOWN;
    // A later change must not get the number of one that was lost.
    if (expected && expected.sequence > this.#sequence) this.#sequence = expected.sequence;
    if (!expected) this.#writeTally();
  }

  #use(database: DatabaseSync): void {
    this.#database = database;
    this.#put = database.prepare(PUT);
    this.#update = database.prepare(UPDATE);
    this.#remove = database.prepare("DELETE FROM sessions WHERE socket_path = ?");
    this.#countRemoval = database.prepare(COUNT_REMOVAL);
    this.#file = this.path === undefined ? undefined : new StateFileWatch(this.path);
  }

  /**
   * Opens the state file, or makes it (0600, in a 0700 directory). A damaged one is
   * moved aside and replaced.
   *
   * @param path Undefined to keep nothing beyond this process.
   * @param log Told, in one line each, of trouble that does not keep the sessions from the disk.
   * @throws {SessionctlError} `STATE_UNAVAILABLE` when it cannot be opened, is in use by
   * another server, was written by a newer sessionctl, or lies where others may write.
   */
  static open(path: string | undefined, log?: (message: string) => void): SessionStore {
    if (path === undefined) return new SessionStore(openMemory());
    try {
      return new SessionStore(openStateFile(path), path, log);
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

  /**
   * Writes a session anew that is on disk, with the next change, {@link writeUpdates} or
   * {@link close}. Until then a crash loses the update, and nothing reports that.
   */
  update(session: Session): void {
    if (this.path !== undefined) this.#outdated.set(session.socketPath, session);
  }

  /**
   * Writes what waits because of {@link update}.
   *
   * @throws {SessionctlError} `STATE_UNAVAILABLE`; then it waits on.
   */
  writeUpdates(): void {
    if (this.#outdated.size === 0) return;
    try {
      this.#write([]);
    } catch (error) {
      throw unavailable(this.path!, error);
    }
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
    if (this.#file && !this.#file.isInPlace()) this.#putBack();
    let sequence = this.#sequence;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      if (this.loss && sequenceOf(this.#database) < sequence) {
        continueFrom(this.#database, sequence);
      }
      for (const session of this.#outdated.values()) {
        this.#update.run(JSON.stringify(session), session.socketPath);
      }
      for (const { change } of batch) {
        if ("put" in change) {
          this.#put.run(change.put, change.text);
          sequence++;
        } else if (this.#remove.run(change.remove).changes > 0) {
          this.#countRemoval.run();
          sequence++;
        }
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      // A full disk rolls back by itself; then there is nothing left to roll back.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    this.#outdated.clear();
    if (batch.length === 0) return;
    this.#sequence = sequence;
    for (const { change } of batch) {
      if ("put" in change) this.#sockets.add(change.put);
      else this.#sockets.delete(change.remove);
    }
    this.#writeTally();
  }

  /** The changes are on the disk already: a tally that cannot be written is told, and no more. */
  #writeTally(): void {
    try {
      this.#tally?.write({ sequence: this.#sequence, sessions: this.#sockets.size });
    } catch (error) {
      this.#dropTally(error);
    }
  }

  #dropTally(error: unknown): void {
    this.#log(`damage to the state file may go unnoticed: ${messageOf(error)}`);
    this.#tally = undefined;
  }

  /**
   * Somebody removed or replaced the file: what is committed to the one we have open would
   * be gone with this process. Everything is written to the path anew.
   */
  #putBack(): void {
    const path = this.path!;
    const what = `the state file ${printablePath(path)}`;
    if (this.#database.isOpen) {
      const aside = this.#file!.putBack(this.#database);
      const change = aside
        ? `replaced; the replaced file is now ${printablePath(aside)}`
        : "removed";
      this.#log(`${what} was ${change}`);
      // Before the new one is open: closing removes the log by its name.
      this.#database.close();
    }
    this.#use(openStateFile(path).database);
    this.#log(`restored ${what} with all sessions`);
  }

  /** To be called now and then: after a power failure, a tally that is up to date tells more. */
  sync(): void {
    try {
      this.#tally?.sync();
    } catch (error) {
      this.#dropTally(error);
    }
  }

  /** Writes what is waiting and closes the file. */
  close(): void {
    this.#flush();
    try {
      this.writeUpdates();
    } catch (error) {
      this.#log(messageOf(error));
    }
    this.#database.close();
    this.#tally?.close();
    this.#tally = undefined;
  }
}

/** Without one the sessions are kept all the same. */
function openTally(path: string, log: (message: string) => void): Tally | undefined {
  try {
    return Tally.open(`${path}.tally`);
  } catch (error) {
    log(`damage to the state file may go unnoticed: ${messageOf(error)}`);
    return undefined;
  }
}
