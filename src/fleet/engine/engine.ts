import { hasCode } from "../../errors.ts";
import type { Endpoint } from "./address.ts";
import { decode, encode, encodeRangeEnd, numberOf } from "./codec.ts";
import type { EngineFiles } from "./credentials.ts";
import { EngineHttp } from "./http.ts";
import { readWatch, type WatchMessage } from "./watch.ts";

/** The address of an engine, and its time limit. */
export interface EngineOptions extends EngineFiles {
  readonly endpoints: readonly Endpoint[];
  /** Time limit of a request, in milliseconds; 2000 by default. */
  readonly limitMs?: number;
}

/** The state of the node that answered. */
export interface EngineStatus {
  readonly version: string;
  readonly hasLeader: boolean;
}

/** A key with its value. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** The contents of a range of keys at a revision. */
export interface Range {
  readonly entries: readonly KeyValue[];
  readonly revision: number;
}

/** A condition of a transaction: whether the key exists. */
export interface Condition {
  readonly key: string;
  readonly exists: boolean;
}

/** An operation of a transaction. */
export type Operation =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly remove: string };

const LIMIT_MS = 2000;
/** Number of keys in one answer. */
const PAGE = 2000;
/** Maximum length of one answer with several keys, in bytes, because it is parsed in one go. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Maximum number of keys read at once. */
const MAX_RANGE = 10_000;

/**
 * A client of etcd's JSON gateway (`/v3/...`).
 *
 * All methods throw {@link SessionctlError}s: `FLEET_UNAVAILABLE` if no node answers within the
 * limit, `NOT_ALLOWED` if the user's role does not permit the request.
 *
 * @example
 * ```ts
 * using engine = new Engine({ endpoints: readAddress("https://etcd:2379"), ca: "ca.pem" });
 * const lease = await engine.grant(10);
 * await engine.put("/sessionctl/v1/ann/host/b/live", "{}", lease);
 * ```
 */
export class Engine implements Disposable {
  readonly #http: EngineHttp;
  readonly #limitMs: number;

  /** Makes no connection yet. */
  constructor({ endpoints, limitMs = LIMIT_MS, ...files }: EngineOptions) {
    this.#http = new EngineHttp(endpoints, files);
    this.#limitMs = limitMs;
  }

  /** Writes a key, which is removed with `lease` if there is one. */
  async put(key: string, value: string, lease?: string): Promise<void> {
    await this.#ask("/v3/kv/put", putRequest(key, value, lease));
  }

  /**
   * Returns the keys that begin with `prefix`, page by page, all of one revision. The caller may
   * pass a key to `next`, and the next page begins with it, skipping the keys between.
   *
   * @param limitMs Time limit of a page, in milliseconds.
   */
  async *pages(
    prefix: string,
    limitMs = this.#limitMs,
  ): AsyncGenerator<Range, void, string | undefined> {
    const until = encodeRangeEnd(prefix);
    let from = encode(prefix);
    let revision = 0;
    let size = PAGE;
    for (;;) {
      const page = await this.#page({ from, until, size, revision }, limitMs);
      // Values may be so long that fewer fit into an answer.
      if (page === undefined) {
        size = Math.max(1, Math.floor(size / 8));
        continue;
      }
      revision ||= page.revision;
      const skipTo = yield { entries: page.entries, revision };
      if (!page.more || page.entries.length === 0) return;
      size = Math.min(PAGE, size * 2);
      from = encode(skipTo ?? `${page.entries.at(-1)!.key}\0`);
    }
  }

  /** @returns undefined if the page is too long. */
  async #page(
    { from, until, size, revision }: {
      from: string;
      until: string;
      size: number;
      revision: number;
    },
    limitMs: number,
  ): Promise<Range & { readonly more: boolean } | undefined> {
    try {
      const answer = await this.#http.ask(
        "/v3/kv/range",
        {
          key: from,
          range_end: until,
          limit: String(size),
          ...revision === 0 ? {} : { revision: String(revision) },
        },
        limitMs,
        size === 1 ? undefined : MAX_PAGE_BYTES,
      );
      const header = (answer.header ?? {}) as Record<string, unknown>;
      const kvs = Array.isArray(answer.kvs) ? answer.kvs as Record<string, unknown>[] : [];
      const entries = kvs.map(({ key, value }) => ({ key: decode(key), value: decode(value) }));
      return { entries, revision: numberOf(header.revision), more: answer.more === true };
    } catch (error) {
      if (size > 1 && hasCode(error, "MESSAGE_TOO_LARGE")) return undefined;
      throw error;
    }
  }

  /** Returns all keys that begin with `prefix`, of which there must be few. */
  async range(prefix: string): Promise<Range> {
    const entries: KeyValue[] = [];
    let revision = 0;
    for await (const page of this.pages(prefix)) {
      entries.push(...page.entries);
      revision = page.revision;
      if (entries.length > MAX_RANGE) break;
    }
    return { entries, revision };
  }

  /** Deletes a key. */
  async remove(key: string): Promise<void> {
    await this.#ask("/v3/kv/deleterange", { key: encode(key) });
  }

  /**
   * Performs all `operations` if all `conditions` hold, and otherwise nothing.
   *
   * @returns Whether they held.
   */
  async transact(
    conditions: readonly Condition[],
    operations: readonly Operation[],
  ): Promise<boolean> {
    const { succeeded } = await this.#ask("/v3/kv/txn", {
      compare: conditions.map(({ key, exists }) => ({
        key: encode(key),
        target: "VERSION",
        result: exists ? "GREATER" : "EQUAL",
        version: "0",
      })),
      success: operations.map((operation) =>
        "put" in operation
          ? { request_put: putRequest(operation.put, operation.value, operation.lease) }
          : { request_delete_range: { key: encode(operation.remove) } }
      ),
    });
    return succeeded === true;
  }

  /** The value of a key; undefined if it does not exist. */
  async get(key: string): Promise<string | undefined> {
    const { kvs } = await this.#ask("/v3/kv/range", { key: encode(key) });
    const [found] = Array.isArray(kvs) ? kvs as Record<string, unknown>[] : [];
    return found === undefined ? undefined : decode(found.value);
  }

  /** Creates a lease of `seconds`, and returns its id. Its keys are removed when it ends. */
  async grant(seconds: number): Promise<string> {
    const { ID } = await this.#ask("/v3/lease/grant", { TTL: String(seconds) });
    return String(ID);
  }

  /**
   * Restarts the time of a lease.
   *
   * @returns Whether the lease still existed.
   */
  async keepAlive(lease: string): Promise<boolean> {
    const { result } = await this.#ask("/v3/lease/keepalive", { ID: lease });
    return numberOf((result as Record<string, unknown> | undefined)?.TTL) > 0;
  }

  /** Ends a lease and removes its keys. */
  async revoke(lease: string): Promise<void> {
    await this.#ask("/v3/lease/revoke", { ID: lease });
  }

  /** The engine's version, and whether its nodes have agreed on a leader. */
  async status(): Promise<EngineStatus> {
    const { version, leader } = await this.#ask("/v3/maintenance/status", {});
    return { version: String(version ?? "unknown"), hasLeader: String(leader ?? "0") !== "0" };
  }

  /**
   * The difference by which this machine's clock is ahead of the engine's, in milliseconds, as of
   * the last answer; undefined if the engine does not report its time.
   */
  get clockSkewMs(): number | undefined {
    return this.#http.clockSkewMs;
  }

  /**
   * Follows the keys that begin with `prefix`.
   *
   * @param from The first revision to report: one more than that of a {@link range}.
   * @param signal Ends it.
   * @throws {SessionctlError} the errors of `readWatch`, and `FLEET_UNAVAILABLE` if no node
   * answers.
   */
  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncGenerator<WatchMessage> {
    const request = {
      create_request: {
        key: encode(prefix),
        range_end: encodeRangeEnd(prefix),
        start_revision: String(from),
        progress_notify: true,
      },
    };
    const body = await this.#http.stream("/v3/watch", request, this.#limitMs, signal);
    yield* readWatch(body, signal);
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  #ask(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.#http.ask(path, body, this.#limitMs);
  }
}

function putRequest(key: string, value: string, lease?: string): Record<string, unknown> {
  return { key: encode(key), value: encode(value), ...lease === undefined ? {} : { lease } };
}
