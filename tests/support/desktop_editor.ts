/**
 * A stand-in for the main process of a desktop editor, built from VS Code's own channel classes. It
 * answers like VS Code's sources of several years, and records the calls it receives. VS Code
 * itself chooses the window that opens a file; the stand-in does not imitate this. Source:
 * microsoft/vscode `launchMainService.ts`, `diagnosticsMainService.ts`, `ipc.net.ts`.
 */
import { createHash } from "node:crypto";
import { deadline } from "@std/async/deadline";
import { dirname, join } from "@std/path";
import {
  bindSocket,
  isPipePath,
  type SocketConn,
  type SocketListener,
} from "../../src/platform/mod.ts";
import { endListener } from "./end_listener.ts";
import { type HungConnection, leaveHanging } from "./hung.ts";
import type { Sandbox } from "./sandbox.ts";
import { until } from "./until.ts";
import { loadVscode, type Vscode } from "./vscode_ipc.ts";

/**
 * The generation of VS Code's sources to imitate. They differ in the socket's name, the windows'
 * ids and `--remove`.
 * and `--remove`.
 */
export type DesktopGeneration = "2019" | "2022" | "2024" | "newest";

/** The stand-in's behaviour: like an editor, or like a main process that fails in some way. */
export type DesktopBehaviour =
  | "normal"
  /** Accepts and reads, but never answers. */
  | "hang"
  /** Answers the question for its windows, but never `start`. */
  | "stall"
  /** Throws when `start` is called. */
  | "refuse"
  /** Sends bytes that are not frames. */
  | "garbage"
  /** Closes every connection immediately. */
  | "close"
  /** Serves other channels, unlike a main process. */
  | "other-channels"
  /** Answers with something other than diagnostics. */
  | "nonsense"
  /** Reports a million windows. */
  | "million"
  /** Reports a window with a title of 8 MiB. */
  | "huge";

export interface StandInWindow {
  readonly title?: string;
  readonly folders?: readonly string[];
  readonly remoteAuthority?: string;
  readonly pid?: number;
}

export interface DesktopOptions {
  /** The name of the product's user data folder. */
  readonly dataName?: string;
  readonly generation?: DesktopGeneration;
  /** The editor's version; by default the generation's. */
  readonly version?: string;
  readonly windows?: readonly StandInWindow[];
  /** The path of its socket; by default the generation's usual path. */
  readonly socketPath?: string;
  readonly behaviour?: DesktopBehaviour;
}

export interface StartedWith {
  // deno-lint-ignore no-explicit-any
  readonly args: Record<string, any>;
  readonly env: Record<string, string>;
}

export interface DesktopEditorStandIn {
  readonly socketPath: string;
  /** The `start` calls it received, in order. */
  readonly starts: readonly StartedWith[];
  /** The number of questions for its windows. */
  readonly questions: number;
  /** The contexts that its connections began with. */
  readonly contexts: readonly string[];
  /** The connections that it did not answer, because it hangs. */
  readonly hung: readonly HungConnection[];
  /** May be changed while it runs. */
  windows: readonly StandInWindow[];
  behaviour: DesktopBehaviour;
  /** Called when it was asked for its windows. */
  onQuestion: () => void;
  /** The next `start`, or the first that was not consumed yet. */
  nextStart(): Promise<StartedWith>;
  /** Deletes the wait marker of the last start, as when the user closes the tab. */
  closeTab(): Promise<void>;
  /** Ends the last start's wait and leaves its marker, as when the user closes the window. */
  closeWindow(): void;
  /** Drops every connection and stops listening; the socket file stays, as after a crash. */
  die(): Promise<void>;
}

/** Longest wait for a request that a test expects, in milliseconds. */
const START_LIMIT_MS = 60_000;

const VERSIONS: Record<DesktopGeneration, string> = {
  "2019": "1.41.1",
  "2022": "1.74.3",
  "2024": "1.96.2",
  newest: "1.135.0",
};

/** The path on which a desktop editor listens. Source: microsoft/vscode `createStaticIPCHandle`. */
export function mainSocketOf(
  env: Readonly<Record<string, string>>,
  { dataName = "Code", generation = "newest", version = VERSIONS[generation] }: DesktopOptions = {},
): string {
  const directory = join(env.XDG_CONFIG_HOME ?? join(env.HOME!, ".config"), dataName);
  const isOld = generation === "2019";
  const hash = createHash(isOld ? "md5" : "sha256").update(directory).digest("hex").slice(0, 8);
  const shown = isOld ? version : version.slice(0, 4);
  return env.XDG_RUNTIME_DIR === undefined
    ? join(directory, `${shown}-main.sock`)
    : join(env.XDG_RUNTIME_DIR, `vscode-${hash}-${shown}-main.sock`);
}

let made = 0;

/** Starts a stand-in for a desktop editor; the sandbox ends it. */
export async function startDesktop(
  sandbox: Pick<Sandbox, "env" | "defer">,
  options: DesktopOptions = {},
): Promise<DesktopEditorStandIn> {
  const socketPath = options.socketPath ?? mainSocketOf(sandbox.env, options);
  const listener = isPipePath(socketPath)
    ? (await bindSocket(socketPath)).listener
    : await listenAt(socketPath);
  const editor = new RunningDesktop(socketPath, listener, options, await loadVscode());
  sandbox.defer(() => editor.die());
  return editor;
}

async function listenAt(socketPath: string): Promise<Deno.UnixListener> {
  await Deno.mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  // Deno unlinks a listener's path on close; a crashed editor leaves its file. Hence the second name.
  const boundPath = join(dirname(socketPath), `.d${++made}`);
  const listener = Deno.listen({ transport: "unix", path: boundPath });
  await Deno.rename(boundPath, socketPath);
  return listener;
}

class RunningDesktop implements DesktopEditorStandIn {
  readonly starts: StartedWith[] = [];
  readonly contexts: string[] = [];
  readonly hung: HungConnection[] = [];
  questions = 0;
  windows: readonly StandInWindow[];
  behaviour: DesktopBehaviour;
  onQuestion = () => {};
  readonly #generation: DesktopGeneration;
  readonly #connections = new Set<SocketConn>();
  readonly #serving: Promise<void>;
  #taken = 0;
  #arrived = Promise.withResolvers<void>();
  #closeWindow = () => {};
  #dead = false;

  constructor(
    readonly socketPath: string,
    readonly listener: SocketListener,
    options: DesktopOptions,
    readonly vscode: Vscode,
  ) {
    this.windows = options.windows ?? [];
    this.behaviour = options.behaviour ?? "normal";
    this.#generation = options.generation ?? "newest";
    this.#serving = this.#serve();
  }

  async nextStart(): Promise<StartedWith> {
    while (this.starts.length === this.#taken) {
      await deadline(this.#arrived.promise, START_LIMIT_MS);
    }
    return this.starts[this.#taken++]!;
  }

  async closeTab(): Promise<void> {
    await Deno.remove(this.starts.at(-1)!.args.waitMarkerFilePath);
  }

  closeWindow(): void {
    this.#closeWindow();
  }

  async die(): Promise<void> {
    if (this.#dead) return;
    this.#dead = true;
    if ("addr" in this.listener) endListener(this.listener as Deno.UnixListener);
    else this.listener.close();
    for (const conn of this.#connections) closeQuietly(conn);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    for (;;) {
      const conn = await this.listener.accept().catch(() => undefined);
      if (conn === undefined) return;
      this.#connections.add(conn);
      this.#attend(conn)
        .catch(() => {}) // The peer has gone; its own test decides whether it may.
        .finally(() => {
          this.#connections.delete(conn);
          closeQuietly(conn);
        });
    }
  }

  async #attend(conn: SocketConn): Promise<void> {
    if (this.behaviour === "close") return;
    if (this.behaviour === "garbage") {
      await conn.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n\r\n".repeat(10)));
    }
    if (this.behaviour === "hang" || this.behaviour === "garbage") {
      return await leaveHanging(conn, this.hung);
    }
    const { protocol, context, ended } = await this.vscode.accept(conn);
    this.contexts.push(context);
    const { ChannelServer, DisposableStore, ProxyChannel } = this.vscode;
    const store = new DisposableStore();
    const server = new ChannelServer(protocol, context);
    const register = (name: string, service: unknown) =>
      server.registerChannel(
        name,
        ProxyChannel.fromService(service, store, { disableMarshalling: true }),
      );
    if (this.behaviour === "other-channels") register("other", {});
    else {
      register("launch", {
        start: (args: StartedWith["args"], env: StartedWith["env"]) => this.#start(args, env),
        getMainProcessId: () => Promise.resolve(Deno.pid),
      });
      register("diagnostics", { getMainDiagnostics: () => this.#diagnostics() });
    }
    await ended;
    server.dispose();
    store.dispose();
  }

  #diagnostics(): Promise<unknown> {
    this.questions++;
    this.onQuestion();
    if (this.behaviour === "nonsense") return Promise.resolve({ windows: "many", mainPID: "one" });
    const windows = this.windows.map((window, at) => this.#windowInfo(window, at));
    if (this.behaviour === "huge") {
      windows.push(this.#windowInfo({ title: "x".repeat(8 * 1024 * 1024) }, windows.length));
    }
    return Promise.resolve({
      mainPID: Deno.pid,
      mainArguments: [],
      windows: this.behaviour === "million" ? Array(1_000_000).fill({}) : windows,
      screenReader: false,
      gpuFeatureStatus: {},
    });
  }

  #windowInfo({ title, folders = [], remoteAuthority, pid }: StandInWindow, at: number) {
    return {
      ...(this.#generation === "newest" ? { id: at + 1 } : {}),
      pid: pid ?? 4000 + at,
      title: title ?? `window ${at + 1}`,
      folderURIs: folders.map((uri) => this.vscode.URI.parse(uri)),
      remoteAuthority,
    };
  }

  async #start(args: StartedWith["args"], env: StartedWith["env"]): Promise<void> {
    this.starts.push({ args, env });
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    if (this.behaviour === "stall") await new Promise(() => {});
    if (this.behaviour === "refuse") throw new Error("the editor said no");
    if (args.remove && this.#generation === "newest") this.#remove(args["folder-uri"] ?? []);
    if (!args.wait || !args.waitMarkerFilePath) return;
    const closed = Promise.withResolvers<void>();
    this.#closeWindow = closed.resolve;
    await Promise.race([closed.promise, untilDeleted(args.waitMarkerFilePath)]);
  }

  #remove(uris: readonly string[]): void {
    this.windows = this.windows.map((window) => ({
      ...window,
      folders: window.folders?.filter((folder) => !uris.includes(folder)),
    }));
  }
}

function untilDeleted(path: string): Promise<void> {
  const isGone = () => Deno.lstat(path).then(() => false, () => true);
  return until("the wait marker is deleted", isGone, 60_000, 20).catch(() => {});
}

function closeQuietly(conn: SocketConn): void {
  try {
    conn.close();
  } catch { /* It was already closed. */ }
}
