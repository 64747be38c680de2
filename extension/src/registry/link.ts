import type { ChannelPeer } from "../../../src/ipc/mod.ts";
import type { EditorWindow } from "../window/mod.ts";
import { RegistryClient, registryPaths, whyUnusable } from "./client.ts";
import { connectHub } from "./hub.ts";
import { SocketWatch } from "./watch.ts";

const FIRST_RETRY_MS = 3000;
const LAST_RETRY_MS = 30_000;
/** Interval of registering again with a registry without a hub, whose end is not reported. */
const REPEAT_MS = 30_000;

/** The changes since the last report to the registry. */
type Change = "nothing" | "focus" | "entry";

/**
 * Keeps the window registered: reports changes to the registry, and registers again when the
 * registry starts later or restarts. A connection to the hub shows that the registry has ended, and
 * a watch of the socket's directory that it is back; a slow timer covers the cases where both are
 * missing.
 */
export class RegistryLink {
  readonly #window: EditorWindow;
  readonly #log: (line: string) => void;
  readonly #instanceSockets: () => readonly string[];
  #registry: RegistryClient | undefined;
  #hub: ChannelPeer | undefined;
  #watch: SocketWatch | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #change: Change = "nothing";
  #busy: Promise<void> | undefined;
  #again = false;
  #said = "";
  #closed = false;

  constructor(
    window: EditorWindow,
    instanceSockets: () => readonly string[],
    log: (line: string) => void,
  ) {
    this.#window = window;
    this.#instanceSockets = instanceSockets;
    this.#log = log;
  }

  /** Registers the window as soon as a registry answers. */
  start(): void {
    this.#run();
  }

  /** Called when the folders or the sockets of the window have changed. */
  entryChanged(): void {
    this.#change = "entry";
    if (this.#registry) this.#run();
  }

  focusChanged(): void {
    if (this.#change === "nothing") this.#change = "focus";
    if (this.#registry) this.#run();
  }

  /** Reports one change at a time; changes in the meantime are reported afterwards. */
  #run(): void {
    if (this.#closed) return;
    if (this.#busy) this.#again = true;
    else this.#busy = this.#step().finally(() => this.#next());
  }

  #next(): void {
    this.#busy = undefined;
    if (!this.#again) return;
    this.#again = false;
    this.#run();
  }

  async #step(): Promise<void> {
    if (!this.#registry) return await this.#connect();
    const change = this.#change;
    this.#change = "nothing";
    try {
      if (change === "focus" && await this.#tellFocus(this.#registry)) return;
      if (change !== "nothing") await this.#registry.add(this.#entry());
    } catch (error) {
      this.#lost(String(error));
    }
  }

  async #connect(): Promise<void> {
    const paths = registryPaths();
    for (const path of paths) {
      if (this.#closed) return;
      const reason = whyUnusable(path);
      if (reason !== undefined) {
        this.#say(reason);
        continue;
      }
      const registry = new RegistryClient(path);
      try {
        this.#change = "nothing";
        await registry.add(this.#entry());
        const hub = this.#closed ? undefined : await this.#joinHub(registry);
        if (!this.#closed) return this.#registered(registry, hub);
        hub?.dispose();
        return await registry.remove(this.#window.socketPath);
      } catch (error) {
        this.#say(`no registry at ${path}: ${error}`);
      }
    }
    this.#waitFor(paths);
  }

  /** Logs a failure only once, because every attempt would repeat it. */
  #say(text: string): void {
    if (text === "" || text === this.#said) return;
    this.#said = text;
    this.#log(text);
  }

  /** @throws {Error} if the registry has ended meanwhile. */
  async #joinHub(registry: RegistryClient): Promise<ChannelPeer | undefined> {
    const socketPath = await registry.hubSocket();
    return socketPath === undefined ? undefined : await connectHub(socketPath, this.#window);
  }

  #registered(registry: RegistryClient, hub: ChannelPeer | undefined): void {
    this.#log(`registered at ${registry.socketPath}`);
    this.#registry = registry;
    this.#hub = hub;
    this.#retryMs = FIRST_RETRY_MS;
    this.#watch?.close();
    this.#watch = undefined;
    clearTimeout(this.#timer);
    if (!hub) this.#repeatLater();
    hub?.ended.then((reason) => {
      if (this.#hub === hub) this.#lost(reason.message);
    });
    if (this.#change !== "nothing") this.#again = true;
  }

  #repeatLater(): void {
    this.#timer = setTimeout(() => {
      this.entryChanged();
      this.#repeatLater();
    }, REPEAT_MS);
  }

  #lost(reason: string): void {
    if (this.#closed || !this.#registry) return;
    this.#log(`the registry is gone: ${reason}`);
    this.#registry = undefined;
    this.#hub?.dispose();
    this.#hub = undefined;
    // It may already be back, because a supervised registry restarts immediately.
    this.#run();
  }

  #waitFor(paths: readonly string[]): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#watch ??= new SocketWatch(paths, () => this.#run());
    this.#timer = setTimeout(() => this.#run(), this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }

  async #tellFocus(registry: RegistryClient): Promise<boolean> {
    const { socketPath, identity: { windowId }, focus: { now } } = this.#window;
    const { focused, focusedAt = Date.now() } = now;
    return await registry.tellFocus({ socketPath, windowId, focused, focusedAt });
  }

  #entry(): unknown {
    return {
      ...this.#window.describe(),
      name: undefined,
      source: "companion",
      workspace: this.#window.workspace,
      instanceSockets: this.#instanceSockets(),
    };
  }

  /** Unregisters the window, and ends the connection. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch?.close();
    this.#hub?.dispose();
    await this.#registry?.remove(this.#window.socketPath).catch(() => {});
    // A registration in progress is removed by the code that is registering it.
    await this.#busy;
  }
}
