import { type EditorLiveness, livenessOf } from "../editor/mod.ts";
import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import { connectUnix } from "../http/mod.ts";
import { ChannelError, type ChannelPeer, startChannels, toByteStream } from "../ipc/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { type MainDiagnostics, readDiagnostics } from "./diagnostics.ts";

/** How patient to be with a main process, and whose may be used. */
export interface MainProcessOptions {
  /** How long it may take to answer, in milliseconds; 1,000 unless told. */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

const DEFAULT_TIMEOUT_MS = 1000;
/** How VS Code's own second instance is called, which asks the same. */
const CONTEXT = "main";
/** What a main process may send and ask of us: it has no reason to ask for anything. */
const LIMITS = { maxMessageBytes: 4 * 1024 * 1024, maxRequests: 16 };

/**
 * A connection to the main process of a desktop editor. Use it with `using`.
 *
 * Source: microsoft/vscode `src/vs/code/electron-main/main.ts` (`claimInstance`), which connects
 * the second instance in this way.
 */
export class MainProcess implements Disposable {
  readonly #path: string;
  readonly #peer: ChannelPeer;
  readonly #timeoutMs: number;
  #hasEnded = false;

  private constructor(path: string, peer: ChannelPeer, timeoutMs: number) {
    this.#path = path;
    this.#peer = peer;
    this.#timeoutMs = timeoutMs;
    peer.ended.then(() => this.#hasEnded = true);
  }

  /** Whether the connection has ended, as far as that was noticed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Connects to the socket at `path`, which has to be this user's or of `allowOwners`.
   *
   * @throws {SessionctlError} `SOCKET_MISSING`, `CONNECTION_REFUSED`, `BACKLOG_FULL`,
   * `FOREIGN_OWNER`, `ACCESS_DENIED`, `IO_ERROR`.
   */
  static async connect(path: string, options: MainProcessOptions = {}): Promise<MainProcess> {
    const { allowOwners, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const stream = toByteStream(await connectUnix(path, allowOwners));
    return new MainProcess(path, startChannels(stream, CONTEXT, { limits: LIMITS }), timeoutMs);
  }

  /**
   * What it says of itself and its windows.
   *
   * @throws {SessionctlError} `TIMED_OUT`, `CONNECTION_CLOSED`, `INVALID_MESSAGE` (no such answer).
   */
  async diagnostics(): Promise<MainDiagnostics> {
    return readDiagnostics(
      await this.#call("diagnostics", "getMainDiagnostics", [], this.#timeoutMs),
    );
  }

  /**
   * Hands it the arguments of a command line, as a second instance does.
   *
   * @param args What VS Code's parser makes of its arguments.
   * @param timeoutMs How long it may take to answer, in milliseconds; undefined when the answer
   * comes only when the user has closed the file or window.
   * @throws {SessionctlError} `EDITOR_REFUSED` with its own words; `TIMED_OUT`; `EDITOR_GONE` when
   * the connection ends.
   */
  async start(args: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<void> {
    try {
      // Nothing more of the environment: a new window would take it for its terminals.
      await this.#call("launch", "start", [args, { VSCODE_CLI: "1" }], timeoutMs);
    } catch (error) {
      if (error instanceof ChannelError) throw this.#failure("EDITOR_REFUSED", messageOf(error));
      const isGone = error instanceof SessionctlError && error.code === "CONNECTION_CLOSED";
      throw isGone ? this.#failure("EDITOR_GONE", "the editor ended before it answered") : error;
    }
  }

  #failure(code: "EDITOR_REFUSED" | "EDITOR_GONE" | "TIMED_OUT", reason: string): SessionctlError {
    return new SessionctlError(code, `${printablePath(this.#path)}: ${printablePath(reason)}`);
  }

  async #call(channel: string, method: string, args: unknown[], timeoutMs?: number) {
    const called = this.#peer.getChannel(channel).call(method, args);
    if (timeoutMs === undefined) return await called;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(this.#failure("TIMED_OUT", `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await Promise.race([called, late.promise]);
    } finally {
      clearTimeout(timer);
      // Of a call that was given up, nobody asks for the error.
      called.catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#peer.dispose();
  }
}

/** What a failed connection or question says about the editor behind a main socket. */
export function stateOf(error: unknown): Exclude<EditorLiveness, "live"> {
  if (error instanceof ChannelError || hasCode(error, "NOT_SUPPORTED")) return "no-editor";
  return livenessOf(error);
}
