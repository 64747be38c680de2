import { type ChannelPeer, connectChannels, type Disposable, disposable } from "../ipc/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import { childContext, type ParentService, parentService } from "./protocol.ts";
import { PARENT_PID, PARENT_SOCKET, parentSocket } from "./role.ts";

/** Time limit for a child to end after its parent has ended, in milliseconds. */
const ALONE_MS = 3000;
const HANDSHAKE_MS = 10_000;

/** The options of a child. */
export interface JoinOptions {
  /** This program's version. */
  readonly version: string;
  /** Called when the parent has ended; after 3 s the process exits in any case. */
  onParentGone(): void;
  /** Time limit of the parent's answer, in milliseconds; 10,000 by default. */
  readonly handshakeMs?: number;
}

/**
 * Takes the role of a child: proves it by the parent's pid, requests the handshake from the parent,
 * and puts `Deno.exit` under the parent's control.
 *
 * The variable `SESSIONCTL_PARENT_PID` counts only if it names the process that started this one.
 * It is removed, so that processes started by this one do not inherit it.
 *
 * @throws {SessionctlError} `NOT_ALLOWED` if this process is not a child of ours, `PEER_GONE` if
 * the parent has ended, `TIMED_OUT` if it does not answer.
 * @example
 * ```ts
 * const parent = await joinParent<Options>({ version: "1.0.0", onParentGone: () => server.close() });
 * using work = parent.begin("serving");
 * await start(parent.args);
 * await parent.ready();
 * ```
 */
export async function joinParent<Arguments>(options: JoinOptions): Promise<Parent<Arguments>> {
  const path = parentSocket();
  Deno.env.delete(PARENT_PID);
  Deno.env.delete(PARENT_SOCKET);
  if (path === undefined) {
    throw new SessionctlError("NOT_ALLOWED", "only sessionctl itself starts this command");
  }
  const peer = await connectChannels(path, childContext(Deno.pid)).catch((error) => {
    throw new SessionctlError("PEER_GONE", `the parent process has ended: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const signal = AbortSignal.timeout(options.handshakeMs ?? HANDSHAKE_MS);
  const service = parentService.client(peer) as ParentService & {
    handshake(version: string, signal: AbortSignal): Promise<unknown>;
  };
  const args = await service.handshake(options.version, signal) as Arguments;
  const parent = new Parent(peer, args, service);
  peer.ended.then(() => parent.alone(options.onParentGone));
  return parent;
}

type Exit = (code?: number) => void;

/** The parent, as its child sees it. */
export class Parent<Arguments> {
  readonly peer: ChannelPeer;
  /** The arguments from the handshake. */
  readonly args: Arguments;
  readonly #service: ParentService;
  readonly #exit: Exit = Deno.exit;
  readonly #unfinished = new Set<{ readonly what: string }>();
  /** The exit code that waits for the work to finish. */
  #pendingExit: number | undefined;

  /** @internal Use {@link joinParent}. */
  constructor(peer: ChannelPeer, args: Arguments, service: ParentService) {
    this.peer = peer;
    this.args = args;
    this.#service = service;
    (Deno as { exit: Exit }).exit = (code = 0) => this.#wish(code);
  }

  /**
   * Marks the beginning of work that must not be interrupted: until the result is disposed of,
   * `Deno.exit` asks the parent first.
   */
  begin(what: string): Disposable {
    const work = { what };
    this.#unfinished.add(work);
    return disposable(() => {
      this.#unfinished.delete(work);
      if (this.#unfinished.size === 0 && this.#pendingExit !== undefined) {
        this.#exit(this.#pendingExit);
      }
    });
  }

  /** Reports that this process is ready. */
  async ready(): Promise<void> {
    await this.#service.ready();
  }

  /** Reports why this process could not start. */
  async failed(error: unknown): Promise<void> {
    const { code, hint } = error instanceof SessionctlError
      ? error
      : { code: "INTERNAL", hint: undefined };
    await this.#service.failed(code, messageOf(error), hint);
  }

  /** Asks to be restarted, as `version` if known. */
  async relaunch(version?: string): Promise<void> {
    await this.#service.relaunch(version);
  }

  #wish(code: number): void {
    if (this.#unfinished.size === 0) return this.#exit(code);
    const unfinished = [...this.#unfinished].map(({ what }) => what);
    this.#service.requestExit(code, unfinished).then((decision) => {
      if (decision === "now" || this.#unfinished.size === 0) this.#exit(code);
      if (decision === "when-done") this.#pendingExit = code;
    }, () => this.#exit(code));
  }

  /** @internal The parent has ended: ends this process, by force if necessary. */
  alone(onGone: () => void): void {
    (Deno as { exit: Exit }).exit = this.#exit;
    const timer = setTimeout(() => this.#exit(1), ALONE_MS);
    Deno.unrefTimer(Number(timer));
    onGone();
  }
}
