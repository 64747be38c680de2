import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { messageOf } from "../../errors.ts";
import { Later, printablePath } from "../../platform/mod.ts";
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

/** Time after which updates of the focus are written, in milliseconds; a crash may lose them. */
const UPDATE_MS = 3000;
/** Time after which the tally is synchronized to disk, in milliseconds. */
const TALLY_SYNC_MS = 1000;

type Change = { readonly put: string; readonly text: string } | { readonly remove: string };

interface Waiting {
  readonly change: Change;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The sessions on disk. Changes that arrive together are written in one transaction, and each is
 * acknowledged only when that transaction is on disk.
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
  /** Sessions to be written again with the next change, by their sockets. */
  readonly #outdated = new Map<string, Session>();
  #tally: Tally | undefined;
  /** Number of changes ever committed. */
  #sequence: number;
  /** The sockets of all sessions in the file. */
  readonly #sockets: Set<string>;
  readonly #log: (message: string) => void;
  /** After a power failure, a synchronized tally detects more losses. */
  readonly #syncing = new Later(TALLY_SYNC_MS, () => this.#sync());
  readonly #updating = new Later(UPDATE_MS, () => this.#writeUpdatesAgain());
  /** Set if the file had to be replaced by a new one. */
  readonly damaged: DamagedState | undefined;
  /**
   * The loss found when the file was opened. It is reported at each start until the next change.
   */
  readonly loss: StateLoss | undefined;
  /** The state file; undefined if no state is kept. */
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
    // A later change must not get the number of a lost one.
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
   * Opens the state file, or creates it (0600, in a 0700 directory). A damaged one is moved aside
   * and replaced.
   *
   * @param path Undefined keeps nothing beyond this process.
   * @param log Called with each problem that does not prevent writing the sessions, one line each.
   * @throws {SessionctlError} `STATE_UNAVAILABLE` if the file cannot be opened, is in use by
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

  /** Returns the sessions that were on disk at opening, oldest registration first; only once. */
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
   * Rewrites a session on disk with the next change, {@link close}, or three seconds later. A crash
   * before that loses the update, and nothing reports it.
   */
  update(session: Session): void {
    if (this.path === undefined) return;
    this.#outdated.set(session.socketPath, session);
    this.#updating.start();
  }

  /** Writes the sessions that wait because of {@link update}; after a failure, they keep waiting. */
  #writeUpdates(): void {
    if (this.#outdated.size === 0) return;
    try {
      this.#write([]);
    } catch (error) {
      this.#log(unavailable(this.path!, error).message);
    }
  }

  #writeUpdatesAgain(): void {
    this.#writeUpdates();
    if (this.#outdated.size > 0) this.#updating.start();
  }

  #enqueue(change: Change): Promise<void> {
    const done = Promise.withResolvers<void>();
    // A macrotask, so that every request that has arrived by then is in the same transaction.
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
      // A full disk rolls back by itself, and then there is no transaction left.
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

  /** Writes the tally. The changes are already on disk, so a failure is only logged. */
  #writeTally(): void {
    try {
      this.#tally?.write({ sequence: this.#sequence, sessions: this.#sockets.size });
      this.#syncing.start();
    } catch (error) {
      this.#dropTally(error);
    }
  }

  #dropTally(error: unknown): void {
    this.#log(`damage to the state file may go unnoticed: ${messageOf(error)}`);
    this.#tally = undefined;
  }

  /**
   * Writes everything to the path again after somebody removed or replaced the file: otherwise
   * later commits would go to the open, unlinked file and be gone with this process.
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
      // Before the new file is opened, because closing removes the log by its name.
      this.#database.close();
    }
    this.#use(openStateFile(path).database);
    this.#log(`restored ${what} with all sessions`);
  }

  #sync(): void {
    try {
      this.#tally?.sync();
    } catch (error) {
      this.#dropTally(error);
    }
  }

  /** Writes waiting changes and closes the file. */
  close(): void {
    this.#flush();
    this.#writeUpdates();
    this.#updating.stop();
    this.#syncing.stop();
    this.#database.close();
    this.#tally?.close();
    this.#tally = undefined;
  }
}

/** Opens the tally. Without one, the sessions are still kept. */
function openTally(path: string, log: (message: string) => void): Tally | undefined {
  try {
    return Tally.open(`${path}.tally`);
  } catch (error) {
    log(`damage to the state file may go unnoticed: ${messageOf(error)}`);
    return undefined;
  }
}
