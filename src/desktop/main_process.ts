import { type EditorLiveness, livenessOf } from "../editor/mod.ts";
import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import { connectUnix } from "../http/mod.ts";
import { ChannelError, type ChannelPeer, startChannels, toByteStream } from "../ipc/mod.ts";
import { Deadlines, printablePath } from "../platform/mod.ts";
import { type MainDiagnostics, readDiagnostics } from "./diagnostics.ts";

/** Time limits for a main process, and the accepted owners. */
export interface MainProcessOptions {
  /** Time limit of its answer, in milliseconds; 1,000 by default. */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

const DEFAULT_TIMEOUT_MS = 1000;
/** The name of VS Code's own second instance, which asks the same questions. */
const CONTEXT = "main";
/** Limits of what a main process may send and request: it has no reason to request anything. */
const LIMITS = { maxMessageBytes: 4 * 1024 * 1024, maxRequests: 16 };

// Marked as pure, so that the bundler removes it from commands that do not use it.
const deadlines = /* @__PURE__ */ new Deadlines();

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

  /** Whether the connection is known to have ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Connects to the socket at `path`, which must belong to this user or one of `allowOwners`.
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
   * Asks it for information about itself and its windows.
   *
   * @throws {SessionctlError} `TIMED_OUT`, `CONNECTION_CLOSED`, `INVALID_MESSAGE` (another answer).
   */
  async diagnostics(): Promise<MainDiagnostics> {
    return readDiagnostics(
      await this.#call("diagnostics", "getMainDiagnostics", [], this.#timeoutMs),
    );
  }

  /**
   * Passes it the arguments of a command line, like a second instance.
   *
   * @param args The arguments as parsed by VS Code.
   * @param timeoutMs Time limit of the answer, in milliseconds; undefined if the answer only comes
   * when the user has closed the file or window.
   * @throws {SessionctlError} `EDITOR_REFUSED` with its own words; `TIMED_OUT`; `EDITOR_GONE` if
   * the connection ends.
   */
  async start(args: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<void> {
    try {
      // No other variables, because a new window would pass them to its terminals.
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
    const answered = deadlines.start(
      timeoutMs,
      () => late.reject(this.#failure("TIMED_OUT", `no answer within ${timeoutMs} ms`)),
    );
    try {
      return await Promise.race([called, late.promise]);
    } finally {
      answered();
      // After a call was given up, its error is of no interest.
      called.catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#peer.dispose();
  }
}

/** The state of the editor at a main socket after a failed connection or question. */
export function stateOf(error: unknown): Exclude<EditorLiveness, "live"> {
  if (error instanceof ChannelError || hasCode(error, "NOT_SUPPORTED")) return "no-editor";
  return livenessOf(error);
}
