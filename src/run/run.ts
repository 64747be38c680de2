import { join } from "@std/path/posix";
import { messageOf, SessionctlError } from "../errors.ts";
import { logDirectory } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import {
  codeServerPaths,
  forwardCodeServer,
  isCodeServer,
  type SessionForwarder,
} from "./code_server/mod.ts";
import { ChildLog, type RotationLimits } from "./log/mod.ts";
import {
  type ChildExit,
  describeEvent,
  supervise,
  type Supervised,
  type SuperviseEvent,
  type SuperviseOptions,
} from "../supervisor/mod.ts";
import { claimRunName, type RunName, type RunStatus } from "./run_control.ts";
import { RunState } from "./run_state.ts";

export interface RunOptions
  extends
    Required<Pick<SuperviseOptions, "restart" | "stopTimeoutMs" | "giveUpAfter">>,
    Pick<SuperviseOptions, "backoff"> {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The log file: a path, the usual path (undefined), or none (null). */
  readonly logFile: string | null | undefined;
  readonly rotation: RotationLimits;
  /** The registry's socket; found by the usual rules by default. */
  readonly registrySocket: string | undefined;
  /** Whether it is a code-server; by default, its name decides. */
  readonly codeServer: boolean | undefined;
  /** Called with each event of the command. */
  onEvent?(event: SuperviseEvent): void;
  /** Called with each message, one line each. */
  report(message: string): void;
}

/** A command that is kept running under a name. */
export interface Run {
  readonly child: Supervised;
  readonly logFile: string | undefined;
  /** Resolves when the command has ended for good and everything is cleaned up. */
  readonly ended: Promise<ChildExit>;
}

/**
 * Runs a command under a name: keeps it running, logs its output, and registers the windows of a
 * code-server.
 *
 * @throws {SessionctlError} `NAME_IN_USE`, and as `claimRunName`.
 * @example
 * ```ts
 * const run = await startRun({ name: "editor", command: "code-server", args: [], ...rest });
 * await run.ended;
 * ```
 */
export async function startRun(options: RunOptions): Promise<Run> {
  const name = await claimRunName(options.name);
  try {
    return await RunningCommand.start(options, name);
  } catch (error) {
    name.release();
    throw error;
  }
}

class RunningCommand implements Run {
  readonly child: Supervised;
  readonly logFile: string | undefined;
  readonly ended: Promise<ChildExit>;
  readonly #options: RunOptions;
  readonly #state = new RunState();
  readonly #log: ChildLog;
  readonly #forwarder: SessionForwarder | undefined;

  static async start(options: RunOptions, name: RunName): Promise<Run> {
    const registrySocket = await registryFor(options.registrySocket);
    // Before the command starts, because otherwise nobody could stop it by its name.
    let run: RunningCommand;
    await name.serve({
      status: () => Promise.resolve(run.#status()),
      stop: () => {
        void run.child.stop();
        return Promise.resolve();
      },
      relaunch: () => run.child.relaunch("sessionctl run --relaunch"),
    }, (error) => run.#report(messageOf(error)));
    return run = new RunningCommand(options, name, registrySocket);
  }

  private constructor(options: RunOptions, name: RunName, registrySocket: string) {
    this.#options = options;
    this.logFile = logFileOf(options);
    this.#log = new ChildLog({
      ...options.rotation,
      file: this.logFile,
      report: (message) => options.report(message),
    });
    this.#forwarder = this.#forward();
    const { command, args } = options;
    this.child = supervise(
      {
        command,
        args,
        env: childEnvironment(registrySocket),
        clearEnv: true,
        guard: true,
        // A tmux server started in an editor's terminal belongs to the user, not to the editor.
        spareSessions: true,
      },
      {
        ...options,
        onLine: (stream, line, whole) => this.#log.take(stream, line, whole),
        onEvent: (event) => this.#onEvent(event),
      },
    );
    this.ended = this.child.ended.then(async (exit) => {
      await this.#forwarder?.close();
      await this.#log.close();
      name.release();
      return exit;
    });
  }

  #forward(): SessionForwarder | undefined {
    const { command, args, codeServer = isCodeServer(command), registrySocket } = this.#options;
    if (!codeServer) return undefined;
    const paths = codeServerPaths(args);
    if (paths === undefined) {
      throw new SessionctlError(
        "STATE_UNAVAILABLE",
        "no home directory for code-server's files",
        {
          hint: "set HOME, or give code-server --user-data-dir",
        },
      );
    }
    return forwardCodeServer({
      paths,
      registrySocket,
      pid: () => this.#state.childPid,
      log: (message) => this.#report(message),
    });
  }

  #onEvent(event: SuperviseEvent): void {
    this.#state.onEvent(event);
    this.#options.onEvent?.(event);
    // A foreign command counts as ready when it has started, which was already logged.
    if (event.type === "ready") return;
    const text = describeEvent(event, this.#options.name);
    // The final error of the run reports a command that never started.
    if (event.type === "exited" && this.#state.current.startedAt === null) this.#log.note(text);
    else this.#report(text);
    if (event.type === "started") this.#forwarder?.childStarted();
    if (event.type === "exited") void this.#forwarder?.childEnded();
  }

  #report(message: string): void {
    this.#options.report(message);
    this.#log.note(message);
  }

  #status(): RunStatus {
    const { name, command, args, stopTimeoutMs } = this.#options;
    return {
      name,
      pid: Deno.pid,
      command: [command, ...args],
      ...this.#state.current,
      logFile: this.logFile ?? null,
      stopTimeoutMs: Number.isFinite(stopTimeoutMs) ? stopTimeoutMs : Number.MAX_SAFE_INTEGER,
    };
  }
}

function logFileOf({ name, logFile }: RunOptions): string | undefined {
  if (logFile !== undefined) return logFile ?? undefined;
  return join(logDirectory(), `run-${name}.log`);
}

/**
 * The registry socket for the command's terminals: that of a running registry, else the first path.
 */
async function registryFor(socket: string | undefined): Promise<string> {
  const client = new RegistryClient({ socket, timeoutMs: 500, returnMs: 0 });
  await client.canConnect();
  return client.socketPath;
}

/**
 * Our environment without the variables that would make an editor server act as the child or client
 * of another one.
 */
function childEnvironment(registrySocket: string): Record<string, string> {
  const own = /^(VSCODE_IPC_.*|CODE_SERVER_PARENT_PID|CODE_SERVER_SESSION_SOCKET)$/;
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(kept), SESSIONCTL_SOCKET: registrySocket };
}
