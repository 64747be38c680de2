import { checkVacantSocket } from "../../http/mod.ts";
import { HttpServer, WaitingBudget } from "../../http/server/mod.ts";
import { messageOf } from "../../errors.ts";
import {
  bindSocket,
  type BoundSocket,
  checkSocketPath,
  ensurePrivateDirectory,
  type FileLock,
  Later,
  loadKernel,
  type PeerSource,
  RepeatedMessages,
  socketDirectory,
  usesPipes,
} from "../../platform/mod.ts";
import { connectionLimits, descriptorFinder } from "./descriptors.ts";
import { createApi } from "./api.ts";
import type { RunningHub } from "../../ipc/mod.ts";
import { startHub } from "./hub.ts";
import { PathGuard } from "./path_guard.ts";
import { LIMITS, WAITING_BYTES } from "./limits.ts";
import { registryLockPath } from "../paths.ts";
import { takeLock } from "./lock.ts";
import type { Health } from "../protocol.ts";
import { Registry } from "./registry.ts";
import { Recovery } from "./recovery.ts";
import { SERVE_DEFAULTS } from "../defaults.ts";
import { describeTrouble } from "../store/loss.ts";
import { SessionStore } from "../store/store.ts";
import type { RegistryServer, ServeOptions, ServerExtras } from "./serve_options.ts";
import { Upstreams } from "./upstream.ts";

const SHUTDOWN_MS = 5000;
/** The server half of `serveRegistry` in `mod.ts`, which documents the errors. */
export async function serveRegistry(options: ServeOptions): Promise<RegistryServer> {
  const { socketPath } = options;
  checkSocketPath(socketPath, "the registry's socket");
  ensurePrivateDirectory(socketDirectory(socketPath));
  const lock = takeLock(registryLockPath(socketPath), "running", socketPath);
  try {
    // We hold the lock, so no registry of ours runs there; but another program may use the path.
    if (!options.passedSocket) await checkVacantSocket(socketPath, "choose another --socket");
    return await RunningRegistry.start(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

class RunningRegistry implements RegistryServer {
  readonly socketPath: string;
  readonly registry: Registry;
  readonly finished: Promise<void>;
  readonly #finish: () => void;
  readonly #options: ServeOptions;
  readonly #messages: RepeatedMessages;
  readonly #store: SessionStore;
  readonly #http: HttpServer;
  readonly #guard: PathGuard;
  readonly #timers: Later[] = [];
  readonly #startedAt = Date.now();
  readonly #started = performance.now();
  #lastRequest = performance.now();
  #closing: Promise<void> | undefined;
  #recovery: Recovery | undefined;
  /** One budget for all connections, including those of the hub. */
  readonly #budget = new WaitingBudget(WAITING_BYTES);
  #hub: RunningHub | undefined;
  #extras: ServerExtras | undefined;
  /** Requests wait for this, so that a client that asks for the hub gets its final address. */
  #starting: Promise<void> | undefined;

  static async start(options: ServeOptions, lock: FileLock): Promise<RunningRegistry> {
    const { connections, hubConnections } = await connectionLimits();
    const messages = new RepeatedMessages(options.log ?? (() => {}));
    const log = (message: string) => messages.say(message, message);
    const store = SessionStore.open(options.stateFile, log);
    for (const message of describeTrouble(store)) options.log?.(message);
    try {
      const socket = options.passedSocket?.listen() ??
        await bindSocket(options.socketPath, "the registry's socket");
      const descriptors = await descriptorFinder(socket);
      const kernel = usesPipes() ? undefined : await loadKernel();
      const server = new RunningRegistry(options, {
        lock,
        store,
        messages,
        socket,
        descriptors,
        kernel,
        connections,
        hubConnections,
      });
      await server.#starting;
      return server;
    } catch (error) {
      store.close();
      messages.flush(true);
      throw error;
    }
  }

  private constructor(
    options: ServeOptions,
    parts: {
      lock: FileLock;
      store: SessionStore;
      messages: RepeatedMessages;
      socket: BoundSocket;
      descriptors: ConstructorParameters<typeof HttpServer>[1];
      kernel: PeerSource | undefined;
      connections: number;
      hubConnections: number;
    },
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
    this.#options = options;
    this.socketPath = options.socketPath;
    this.#store = parts.store;
    this.#messages = parts.messages;
    const log = (message: string) => this.#log(message);
    const liveness = {
      timeoutMs: options.probeTimeoutMs ?? SERVE_DEFAULTS.probeTimeoutMs,
      allowOwners: options.allowOwners ?? [],
      kernel: parts.kernel,
    };
    const upstreams = new Upstreams(options.upstreams ?? [], liveness, reportOnce(log));
    this.registry = new Registry({
      ...liveness,
      store: parts.store,
      upstreams,
      onPruneFailure: (error) => log(messageOf(error)),
    });
    const api = createApi({
      registry: this.registry,
      health: () => this.health(),
      hub: () => this.#hub?.hub,
      routes: () => this.#extras?.routes ?? {},
      pingIntervalMs: options.pingIntervalMs,
      // The current request is finished first.
      stop: usesPipes() ? () => void setTimeout(() => this.close()) : undefined,
    });
    this.#http = new HttpServer({
      socket: parts.socket,
      limits: { ...LIMITS, connections: parts.connections },
      budget: this.#budget,
      handler: (request) => {
        this.#lastRequest = performance.now();
        return this.#starting ? this.#starting.then(() => api(request)) : api(request);
      },
      onError: (error) => log(messageOf(error)),
    }, parts.descriptors);
    this.#guard = new PathGuard({
      socket: parts.socket,
      lock: parts.lock,
      onRestored: (socket) => this.#http.moveTo(socket),
      onNewcomer: () => upstreams.add(options.socketPath),
      onNewcomerGone: () => upstreams.delete(options.socketPath),
      log,
    });
    this.#starting = this.#startOthers(parts.hubConnections, log);
    this.#startTimers();
    const { findWindows } = options;
    if (this.#store.loss && findWindows) {
      this.#recovery = new Recovery(this.registry, findWindows, log);
    }
  }

  /**
   * Logs a message; persistent problems, such as too few descriptors, would repeat many times a
   * second.
   */
  #log(message: string): void {
    this.#messages.say(message, message);
  }

  async #startOthers(maxConnections: number, log: (message: string) => void): Promise<void> {
    const registrySocket = this.socketPath;
    const budget = this.#budget;
    this.#hub = await startHub(this.registry, { registrySocket, maxConnections, budget, log });
    this.#extras = await this.#options.startExtras?.(this.registry);
    this.#starting = undefined;
    if (!this.#closing) return;
    this.#hub?.close();
    await this.#extras?.close();
  }

  /** Timers run only while there is something to do, so that an idle server does not wake up. */
  #startTimers(): void {
    const {
      pruneIntervalMs = SERVE_DEFAULTS.pruneIntervalMs,
      idleTimeoutMs = SERVE_DEFAULTS.idleTimeoutMs,
    } = this.#options;
    if (Number.isFinite(pruneIntervalMs)) {
      const pruning = new Later(pruneIntervalMs, () => {
        this.registry.prune()
          .catch((error) => this.#log(messageOf(error)))
          .finally(() => this.registry.size > 0 && !this.#closing && pruning.start());
      });
      this.#timers.push(pruning);
      this.registry.subscribe(() => pruning.start());
      if (this.registry.size > 0) pruning.start();
    }
    if (Number.isFinite(idleTimeoutMs)) {
      const looking = new Later(lookMs(idleTimeoutMs), () => {
        this.#endIfIdle(idleTimeoutMs);
        if (!this.#closing) looking.start();
      });
      this.#timers.push(looking);
      looking.start();
    }
  }

  #endIfIdle(idleTimeoutMs: number): void {
    // A client that watches the events makes no further requests.
    const inUse = this.registry.hasLiveSessions || this.#http.connectionCount > 0 ||
      (this.#hub?.hub.connectionCount ?? 0) > 0 || this.#extras?.isInUse;
    if (inUse) this.#lastRequest = performance.now();
    if (performance.now() - this.#lastRequest < idleTimeoutMs) return;
    this.#log("idle; ending");
    this.close();
  }

  health(): Health {
    return {
      status: "alive",
      lastHeartbeat: Date.now(),
      pid: Deno.pid,
      version: this.#options.version ?? "",
      sessions: this.registry.size,
      stateFile: this.#store.path ?? null,
      logFile: this.#options.logFile ?? null,
      startedAt: this.#startedAt,
      upMs: Math.round(performance.now() - this.#started),
      connections: this.#http.connectionCount,
      ipcSocket: this.#hub?.socketPath ?? null,
      loss: this.#store.loss
        ? { ...this.#store.loss, recovered: this.#recovery?.recovered ?? 0 }
        : null,
    };
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) timer.stop();
    await this.#guard.stop();
    this.#hub?.close();
    await this.#extras?.close();
    await this.#http.close(SHUTDOWN_MS);
    await this.#recovery?.stop();
    this.#store.close();
    this.#guard.releaseLock();
    this.#messages.flush(true);
    this.#finish();
  }
}

/** Interval of the checks whether a server is idle, in milliseconds: at most a tenth more of idling. */
function lookMs(idleTimeoutMs: number): number {
  return Math.min(idleTimeoutMs, Math.max(1000, idleTimeoutMs / 10));
}

/** Reports each failing upstream once, until its reason changes. */
function reportOnce(log: (message: string) => void) {
  const reported = new Map<string, string>();
  return (socket: string, reason: string) => {
    if (reported.get(socket) !== reason) log(`upstream registry unavailable: ${reason}`);
    reported.set(socket, reason);
  };
}
