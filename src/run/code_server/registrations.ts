import { probeEditor } from "../../editor/mod.ts";
import { errnoOf, messageOf, type SessionctlError } from "../../errors.ts";
import { RegistryClient, type SessionEntry, type WatchEvent } from "../../registry/mod.ts";

/** Maximum number of windows; beyond it, the oldest are not registered again. */
const MAX_ENTRIES = 1000;
/** Pause between two attempts to reach the registry, in milliseconds. */
const RETRY_MS = 1000;
/** Time limit of the registry's answer, in milliseconds, because a window waits for it. */
const REGISTRY_MS = 2000;

export interface RegistrationsOptions {
  /** The registry's socket; found by the usual rules by default. */
  readonly registrySocket: string | undefined;
  log(message: string): void;
}

/**
 * The windows of one editor server, and their sessions in the registry. A session that cannot be
 * registered is registered as soon as possible. A session that the registry has lost (it was
 * restarted without its state, or replaced) is registered again.
 */
export class Registrations {
  readonly #client: RegistryClient;
  readonly #log: (message: string) => void;
  readonly #entries = new Map<string, SessionEntry>();
  /** Sessions that the registry does not have yet. */
  readonly #pending = new Set<string>();
  readonly #closed = new AbortController();
  readonly #following: Promise<void>;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #reported: string | undefined;
  #removing: Promise<void> = Promise.resolve();

  constructor({ registrySocket, log }: RegistrationsOptions) {
    this.#log = log;
    // No waiting in the client, because this class retries without a limit.
    this.#client = new RegistryClient({
      socket: registrySocket,
      timeoutMs: REGISTRY_MS,
      returnMs: 0,
    });
    this.#following = this.#follow();
  }

  /** Whether a window with this editor socket is known. */
  has(socketPath: string): boolean {
    return this.#entries.has(socketPath);
  }

  /** @returns whether the registry has the session now; otherwise it is registered later. */
  async add(entry: SessionEntry): Promise<boolean> {
    this.#entries.delete(entry.socketPath);
    this.#entries.set(entry.socketPath, entry);
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES) break;
      this.#forget(oldest);
    }
    return await this.#register(entry);
  }

  async delete(socketPath: string): Promise<void> {
    this.#forget(socketPath);
    try {
      await this.#client.deleteSession(socketPath);
    } catch (error) {
      // An unreachable registry prunes the session when it is back.
      this.#report(error);
    }
  }

  /** The first live window of this server that the registry ranks for a path. */
  async find(filePath: string): Promise<string | undefined> {
    try {
      const ranked = await this.#client.candidates(filePath, { limit: MAX_ENTRIES });
      return ranked.map(({ session }) => session.socketPath).find((path) => this.has(path));
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  /** Removes windows that have ended, with their server or by themselves. */
  removeDead(): Promise<void> {
    // Sequential, so that a caller also waits for a removal in progress.
    return this.#removing = this.#removing.then(() => this.#removeDead());
  }

  async #removeDead(): Promise<void> {
    const paths = [...this.#entries.keys()];
    const states = await Promise.all(paths.map((path) => probeEditor(path)));
    await Promise.all(
      paths.filter((_, index) => states[index] === "dead").map((path) => this.delete(path)),
    );
  }

  #forget(socketPath: string): void {
    this.#entries.delete(socketPath);
    this.#pending.delete(socketPath);
  }

  async #register(entry: SessionEntry): Promise<boolean> {
    const { socketPath } = entry;
    try {
      await this.#client.addSession(entry);
      if (this.#entries.get(socketPath) === entry) this.#pending.delete(socketPath);
      return true;
    } catch (error) {
      this.#report(error);
      // A window that registered anew meanwhile, or has closed, does not depend on this answer.
      if (this.#entries.get(socketPath) !== entry) return false;
      if (errnoOf(error) === "REGISTRY_ERROR") this.#forget(socketPath);
      else this.#retryLater(socketPath);
      return false;
    }
  }

  #retryLater(socketPath: string): void {
    this.#pending.add(socketPath);
    if (this.#closed.signal.aborted) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#registerPending();
    }, RETRY_MS);
  }

  async #registerPending(): Promise<void> {
    for (const socketPath of [...this.#pending]) {
      const entry = this.#entries.get(socketPath);
      if (entry === undefined || this.#closed.signal.aborted) continue;
      // A window that closed meanwhile is not registered again.
      if (await probeEditor(socketPath) === "dead") this.#forget(socketPath);
      else if (!(await this.#register(entry)) && this.#pending.has(socketPath)) return;
    }
  }

  /** Follows the registry's events; each connection begins with a snapshot. */
  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    const onAway = (reason: SessionctlError) => {
      // The problem of a registry that has ended shows at the next connection.
      if (reason.code !== "CONNECTION_CLOSED") this.#report(reason);
    };
    try {
      for await (const event of this.#client.watch({ signal, onAway })) this.#onEvent(event);
    } catch (error) {
      this.#report(error);
    }
  }

  #onEvent(event: WatchEvent): void {
    if (event.type === "snapshot") {
      if (this.#reported !== undefined) {
        this.#log(`connected to the registry at ${this.#client.socketPath}`);
      }
      this.#reported = undefined;
      const known = new Set(event.sessions.map(({ socketPath }) => socketPath));
      for (const path of this.#entries.keys()) if (!known.has(path)) this.#pending.add(path);
      void this.#registerPending();
    } else if (event.type === "removed" || event.type === "pruned") {
      const { socketPath } = event.session;
      if (!this.#pending.has(socketPath)) this.#forget(socketPath);
    }
  }

  /** Reports a persistent failure only once. */
  #report(error: unknown): void {
    const reason = messageOf(error);
    const kind = errnoOf(error) ?? reason;
    if (kind === this.#reported || this.#closed.signal.aborted) return;
    this.#reported = kind;
    const later = kind === "REGISTRY_ERROR" ? "" : "; windows will be registered when one starts";
    this.#log(`${reason}${later}`);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#retry);
    await this.#following;
  }
}
