import type { ChannelPeer } from "../../ipc/mod.ts";
import { connectUnix, requestUnix, type UnixRequest } from "../../http/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import {
  fileIdentity,
  ownershipReason,
  printablePath,
  registrySocketCandidates,
  socketOwnership,
  system,
  systemOf,
} from "../../platform/mod.ts";
import { isFound, isHealth, isList, isPruned, isRanking } from "../server/answers.ts";
import { invalidAnswer, isAbsence, refusal, unreachable } from "./errors.ts";
import type { Health, ListedSession, RankedSession, WatchEvent } from "../protocol.ts";
import type { Session, SessionEntry } from "../session.ts";
import { lockPaths, registryLockPath } from "../paths.ts";
import type { RegistryClientOptions } from "./options.ts";
import type { WatchOptions } from "./watch.ts";

type RegistryRequest = Omit<UnixRequest, "timeoutMs"> & { timeoutMs?: number };
type AnswerCheck<T> = (answer: unknown) => answer is T;

/** Enough for a list of 100,000 sessions with large workspaces. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;
const RETURN_MS = 2000;
/** Probing many sessions takes longer than answering from memory. */
const PROBING_TIMEOUT_MS = 30_000;

/**
 * Speaks the registry's HTTP API; `canConnect`, `getConnectedSocketPath`, `addSession`
 * and `deleteSession` work against code-server's session socket too.
 *
 * Every method throws a {@link SessionctlError}: `REGISTRY_UNREACHABLE` when no registry
 * answers, `TIMED_OUT` when one takes too long, `REGISTRY_ERROR` when it refuses.
 *
 * Source: coder/code-server `src/node/vscodeSocket.ts`.
 *
 * @example
 * ```ts
 * const registry = new RegistryClient();
 * const socket = await registry.getConnectedSocketPath("/home/ann/api/main.ts");
 * ```
 */
export class RegistryClient {
  readonly #candidates: readonly string[];
  readonly #options:
    & Required<Pick<RegistryClientOptions, "timeoutMs" | "returnMs" | "allowOwners">>
    & Pick<RegistryClientOptions, "socket" | "start">;
  #starting: Promise<void> | undefined;
  #found: string | undefined;
  /**
   * Time at which the registry that had answered was first missed, as a `performance.now()` value.
   */
  #lostAt = -Infinity;

  /** Creates a client. It connects with the first request. */
  constructor(options: RegistryClientOptions = {}) {
    const { owner } = options;
    const context = owner === undefined ? system : systemOf(owner);
    this.#candidates = registrySocketCandidates(options.socket, context);
    const { socket, timeoutMs = 2000, returnMs = RETURN_MS, allowOwners = [], start } = options;
    this.#options = { socket, timeoutMs, returnMs, allowOwners, start };
  }

  /** The socket that answered last; before any answer, the socket that is tried first. */
  get socketPath(): string {
    return this.#found ?? this.#candidates[0]!;
  }

  /** Whether a registry accepts connections. */
  async canConnect(): Promise<boolean> {
    try {
      const { allowOwners } = this.#options;
      await this.#tryEach(async (path) => (await connectUnix(path, allowOwners)).close());
      return true;
    } catch (error) {
      if (error instanceof SessionctlError && error.code === "REGISTRY_UNREACHABLE") return false;
      throw error;
    }
  }

  /**
   * The editor socket of the best live session for a path.
   *
   * @param filePath Absolute; a trailing `:line[:column]` is not part of it.
   * @returns undefined when no session is live.
   */
  async getConnectedSocketPath(filePath: string): Promise<string | undefined> {
    const target = `/session?filePath=${encodeURIComponent(filePath)}`;
    return (await this.#get(target, isFound)).socketPath;
  }

  /** Registers a session; when this resolves, it is on the registry's disk. */
  async addSession(entry: SessionEntry): Promise<void> {
    await this.#request({ method: "POST", target: "/add-session", json: { entry } });
  }

  /** Removes a session. Removing a session that is not registered is no error. */
  async deleteSession(socketPath: string): Promise<void> {
    await this.#request({ method: "POST", target: "/delete-session", json: { socketPath } });
  }

  /**
   * All sessions, the most recently registered first.
   *
   * @param options `probe`: probe every editor now; otherwise `liveness` is the last known result.
   */
  async list(options: { probe?: boolean } = {}): Promise<ListedSession[]> {
    const target = options.probe ? "/v1/sessions?probe=1" : "/v1/sessions";
    const limits = { maxBodyBytes: MAX_LIST_BYTES, timeoutMs: PROBING_TIMEOUT_MS };
    return (await this.#get(target, isList, limits)).sessions;
  }

  /**
   * The sessions for a path, best first, each of them probed.
   *
   * @param options `limit`: maximum number of sessions that do not hold the path.
   */
  async candidates(
    filePath: string,
    options: { limit?: number } = {},
  ): Promise<RankedSession[]> {
    const limit = options.limit === undefined ? "" : `&limit=${options.limit}`;
    const target = `/v1/candidates?filePath=${encodeURIComponent(filePath)}${limit}`;
    return (await this.#get(target, isRanking)).candidates;
  }

  /**
   * Probes every session and removes the dead ones.
   *
   * @param options `dryRun`: return the dead sessions without removing them.
   * @returns the dead sessions.
   */
  async prune(options: { dryRun?: boolean } = {}): Promise<Session[]> {
    const answer = await this.#ask({
      method: "POST",
      target: "/v1/prune",
      json: options,
      maxBodyBytes: MAX_LIST_BYTES,
      timeoutMs: PROBING_TIMEOUT_MS,
    }, isPruned);
    return answer.pruned;
  }

  /** Asks the server to end. Only servers on Windows accept this request. */
  async stop(): Promise<void> {
    await this.#request({ method: "POST", target: "/v1/stop" });
  }

  /** The server's health. */
  async health(): Promise<Health> {
    return await this.#get("/healthz", isHealth);
  }

  /**
   * Yields the present sessions as a `snapshot`, then every change, until the registry ends for
   * good or `signal` aborts. After a restart of the registry, or when this client was too slow and
   * was cut off, another `snapshot` follows. Leaving the loop closes the connection.
   *
   * @example
   * ```ts
   * for await (const event of registry.watch()) console.log(event.type);
   * ```
   */
  async *watch(options: WatchOptions = {}): AsyncIterableIterator<WatchEvent> {
    const { watchRegistry } = await import("./watch.ts");
    yield* watchRegistry(() => this.connectHub("watch"), options);
  }

  /**
   * Connects to the registry's hub, whose channels are `registry`, `hub` and those of windows.
   *
   * @param context The name under which the hub knows this client; see `windowContext`.
   * @example
   * ```ts
   * using hub = await registry.connectHub("my-tool");
   * const sessions = await registryChannel.client(hub).list();
   * ```
   */
  async connectHub(context: string): Promise<ChannelPeer> {
    const { connectHubOf } = await import("./hub.ts");
    const { timeoutMs, allowOwners } = this.#options;
    const access = { context, timeoutMs, allowOwners };
    const found = await this.#tryEach((path) => connectHubOf(path, access));
    if (found instanceof SessionctlError) throw found;
    return found;
  }

  #get<T>(target: string, is: AnswerCheck<T>, limits: Partial<UnixRequest> = {}): Promise<T> {
    return this.#ask({ method: "GET", target, ...limits }, is);
  }

  async #ask<T>(request: RegistryRequest, is: AnswerCheck<T>): Promise<T> {
    const answer = await this.#request(request);
    if (is(answer)) return answer;
    throw invalidAnswer(this.socketPath, request.target);
  }

  async #request(request: RegistryRequest): Promise<unknown> {
    return await this.#tryEach(async (path) => {
      const { timeoutMs, allowOwners } = this.#options;
      const answer = await requestUnix(path, { timeoutMs, allowOwners, ...request });
      if (answer.status !== 200) throw refusal(path, answer.status, answer.text());
      const type = answer.headers.get("content-type") ?? "";
      return type.includes("json") ? answer.json() : answer.text();
    });
  }

  /**
   * Runs `action` with the first path that has a server. If a registry can be expected to return,
   * or `start` can start one, this method waits for it. All requests of this client may be
   * repeated.
   */
  async #tryEach<T>(action: (path: string) => Promise<T>): Promise<T> {
    // The registry may also have started because of an earlier request of ours that still waits.
    const since = Date.now();
    const wasThere = this.#found !== undefined ||
      performance.now() - this.#lostAt < this.#options.returnMs;
    try {
      return await this.#tryOnce(action);
    } catch (error) {
      return await this.#tryAgain(() => this.#tryOnce(action), error, { wasThere, since });
    }
  }

  async #tryAgain<T>(
    attempt: () => Promise<T>,
    error: unknown,
    wait: { wasThere: boolean; since: number },
  ): Promise<T> {
    if (hasCode(error, "TIMED_OUT") && this.#options.returnMs > 0) {
      const { untilStarted } = await import("./until_started.ts");
      const places = this.#candidates.map((path) => ({ path, lock: registryLockPath(path) }));
      try {
        return await untilStarted(attempt, error, { places, since: wait.since });
      } catch (later) {
        error = later;
      }
    }
    let last = error;
    const { returnMs, allowOwners, start } = this.#options;
    // This checks only whether the lock files exist; `untilBack` checks whether a process holds
    // them.
    const sockets = this.#candidates.filter((path) =>
      lockPaths(path).some((lock) => fileIdentity(lock) !== undefined) &&
      !["foreign", "unreadable"].includes(socketOwnership(path, allowOwners))
    );
    // Without a registry now or before, there is no reason to wait or to load more code.
    const expected = hasCode(error, "REGISTRY_UNREACHABLE")
      ? wait.wasThere || sockets.length > 0
      : hasCode(error, "CONNECTION_CLOSED", "BACKLOG_FULL");
    if (expected && returnMs > 0) {
      const { untilBack } = await import("./until_back.ts");
      try {
        const locks = sockets.flatMap(lockPaths);
        return await untilBack(attempt, error, { ...wait, locks, returnMs });
      } catch (later) {
        last = later;
      }
    }
    if (start === undefined || !hasCode(last, "REGISTRY_UNREACHABLE")) throw last;
    await (this.#starting ??= start());
    return await attempt();
  }

  async #tryOnce<T>(action: (path: string) => Promise<T>): Promise<T> {
    const tried: string[] = [];
    let unusable = false;
    for (const path of this.#found ? [this.#found] : this.#candidates) {
      const ownership = socketOwnership(path, this.#options.allowOwners);
      if (ownership !== "ours" && ownership !== "missing") {
        tried.push(`${printablePath(path)}: it ${ownershipReason(ownership)}`);
        // A registry started now may use another path than the unreadable one.
        unusable ||= ownership !== "unreadable" || this.#candidates.length === 1;
        continue;
      }
      try {
        const result = await action(path);
        this.#found = path;
        return result;
      } catch (error) {
        if (!isAbsence(error)) throw error;
        tried.push(error.message);
      }
    }
    if (this.#found !== undefined) this.#lostAt = performance.now();
    this.#found = undefined;
    throw unreachable(tried, unusable, this.#options.socket);
  }
}
