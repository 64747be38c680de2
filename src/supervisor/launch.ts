import type { ChannelPeer } from "../ipc/mod.ts";
import { SessionctlError } from "../errors.ts";
import { type CommandLine, ownProgram } from "../platform/own_program.ts";
import { signalProcess } from "../platform/processes.ts";
import { HandshakeSocket } from "./handshake_socket.ts";
import { OutputProcess } from "./output_process.ts";
import { type ParentService, parentService } from "./protocol.ts";
import { PARENT_PID, PARENT_SOCKET, withoutRole } from "./role.ts";
import type { ChildExit, ExitDecision, ForeignChild, OwnChild, SuperviseOptions } from "./types.ts";

/** One process of a child. */
export interface LaunchedChild {
  readonly pid: number;
  /** The version of an own child. */
  readonly version?: string;
  /** Resolves when it is ready; rejects if it fails to start. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended and its output has been read. */
  readonly ended: Promise<ChildExit>;
  /** Passes a signal on. */
  signal(signal: Deno.Signal): void;
  /** Ends it, and all its processes, with SIGKILL. */
  kill(): void;
}

/** The functions of the supervisor that a launch uses. */
export interface LaunchContext {
  readonly onLine: SuperviseOptions["onLine"];
  readonly handshakeMs: number;
  readonly program?: CommandLine;
  /** Aborted to cancel a launch before the handshake. */
  readonly signal: AbortSignal;
  onGuardLost(ended: number): void;
  onExitRequest(code: number, unfinished: readonly string[]): ExitDecision;
  onRelaunchRequest(version: string | undefined): void;
}

/** Starts a foreign program without a guard. */
export function launchForeign(spec: ForeignChild, { onLine }: LaunchContext): LaunchedChild {
  const env = { ...spec.clearEnv ? {} : Deno.env.toObject(), ...spec.env };
  const child = new OutputProcess({ ...spec, env: withoutRole(env), onLine });
  const { pid } = child;
  // Its group may outlive it, and would conflict with its successor.
  const ended = child.exited.then(() => void signalProcess(-pid, "SIGKILL"));
  return {
    pid,
    ready: Promise.resolve(),
    ended: Promise.all([child.ended, ended]).then(([status]) => exitOf(status)),
    signal: (signal) => child.signalGroup(signal),
    kill: () => child.signalGroup("SIGKILL"),
  };
}

/** Starts this program again and waits until it has requested the handshake. */
export async function launchOwn(spec: OwnChild, context: LaunchContext): Promise<LaunchedChild> {
  context.signal.throwIfAborted();
  const talk = new Talk(spec, context);
  const socket = new HandshakeSocket((peer) => talk.begin(peer));
  let child: OutputProcess;
  try {
    child = startSelf(spec, socket.path, context);
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.expect(child.pid);
  const exit = child.ended.then((status) => {
    talk.fail(new SessionctlError("PEER_GONE", "a child process ended before it was ready"));
    return exitOf(status, talk.failure);
  });
  const timer = setTimeout(() => talk.fail(late(context.handshakeMs)), context.handshakeMs);
  const onAbort = () => talk.fail(new SessionctlError("CANCELLED", "the launch was aborted"));
  context.signal.addEventListener("abort", onAbort);
  try {
    const version = await talk.shaken;
    return {
      pid: child.pid,
      version,
      ready: talk.ready,
      ended: exit,
      signal: (signal) => child.signal(signal),
      kill: () => child.signalGroup("SIGKILL"),
    };
  } catch (error) {
    child.signalGroup("SIGKILL");
    await exit;
    throw error;
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener("abort", onAbort);
    socket.close();
  }
}

function startSelf(spec: OwnChild, socketPath: string, context: LaunchContext): OutputProcess {
  const program = context.program ?? ownProgram();
  leaveRemovedDirectory();
  return new OutputProcess({
    command: program.command,
    args: [...program.args, ...spec.self],
    env: {
      ...Deno.env.toObject(),
      ...spec.env,
      [PARENT_PID]: String(Deno.pid),
      [PARENT_SOCKET]: socketPath,
    },
    onLine: context.onLine,
  });
}

/** Leaves a removed directory, because the runtime cannot start a process there. */
function leaveRemovedDirectory(): void {
  try {
    Deno.cwd();
  } catch {
    Deno.chdir("/");
  }
}

/** The parent's side of the conversation with an own child. */
class Talk {
  readonly #spec: OwnChild;
  readonly #context: LaunchContext;
  readonly #shaken = Promise.withResolvers<string>();
  readonly #ready = Promise.withResolvers<void>();
  /** The child's own error if it could not start. */
  failure: SessionctlError | undefined;

  constructor(spec: OwnChild, context: LaunchContext) {
    this.#spec = spec;
    this.#context = context;
    // Callers may ignore these promises.
    this.#shaken.promise.catch(() => {});
    this.#ready.promise.catch(() => {});
  }

  /** Resolves with the child's version when it has requested the handshake. */
  get shaken(): Promise<string> {
    return this.#shaken.promise;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  begin(peer: ChannelPeer): void {
    parentService.serve(peer, this.#service());
    this.#spec.onPeer?.(peer);
  }

  fail(error: SessionctlError): void {
    this.#shaken.reject(error);
    this.#ready.reject(error);
  }

  #service(): ParentService {
    return {
      handshake: (version) => {
        this.#shaken.resolve(String(version));
        return Promise.resolve(this.#spec.handshake());
      },
      ready: () => Promise.resolve(this.#ready.resolve()),
      failed: (code, message, hint) => {
        this.failure = childError(code, message, hint);
        this.#ready.reject(this.failure);
        return Promise.resolve();
      },
      requestExit: (code, unfinished) =>
        Promise.resolve(this.#context.onExitRequest(code, unfinished)),
      relaunch: (version) => Promise.resolve(this.#context.onRelaunchRequest(version)),
    };
  }
}

function childError(code: string, message: string, hint: string | undefined): SessionctlError {
  return new SessionctlError(code as SessionctlError["code"], message, { hint });
}

function late(ms: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `a child process did not request the handshake within ${ms} ms`,
  );
}

function exitOf({ code, signal }: Deno.CommandStatus, error?: SessionctlError): ChildExit {
  return error ? { code, signal, error } : { code, signal };
}
