import { basename, dirname, join } from "@std/path/posix";
import {
  acceptStreams,
  ChannelHost,
  type ChannelPeer,
  connectChannels,
  defineService,
} from "../ipc/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  ensurePrivateDirectory,
  type FileLock,
  lockFile,
  lockHolder,
  runtimeDirectories,
  socketOwnership,
} from "../platform/mod.ts";

/** The status that a run reports. */
export interface RunStatus {
  readonly name: string;
  /** The pid of the supervising process. */
  readonly pid: number;
  /** The pid of the command; null between two of its processes. */
  readonly childPid: number | null;
  readonly command: readonly string[];
  readonly state: "starting" | "running" | "restarting" | "relaunching" | "stopping";
  /** Time of the command's last start, in milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** How long the command has been running, in milliseconds; null between two of its processes. */
  readonly upMs: number | null;
  /** Number of restarts. */
  readonly restarts: number;
  readonly logFile: string | null;
  readonly stopTimeoutMs: number;
}

/** The service on a run's control socket. */
export interface RunService {
  status(): Promise<RunStatus>;
  /** Begins to stop it; the connection ends when it has stopped. */
  stop(): Promise<void>;
  /** Restarts the command; resolves when it runs. */
  relaunch(): Promise<void>;
}

const runService = defineService<RunService>("run");

/** Time limit of a run's answer, in milliseconds. */
const ANSWER_MS = 3000;
/** Time limit of a connection's context string, in milliseconds. */
const CONTEXT_MS = 5000;
const MAX_CONNECTIONS = 32;
const LIMITS = { maxMessageBytes: 64 * 1024, maxRequests: 16, stallMs: 10_000 };
const SUFFIX = ".sock";

/** The possible directories of control sockets; new ones are created in the first usable one. */
function controlDirectories(): string[] {
  return runtimeDirectories().map((directory) => join(directory, "run"));
}

/** The directories in which no other user can replace a socket. */
function trustedDirectories(): string[] {
  return controlDirectories().filter((directory) => {
    try {
      const { uid } = Deno.lstatSync(directory);
      return uid === null || uid === 0 || uid === Deno.uid();
    } catch {
      return false; // No run was ever there, or the directory is not readable.
    }
  });
}

/**
 * Checks a run's name, which is also a file name.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function checkRunName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,39}$/.test(name)) return name;
  throw new SessionctlError("USAGE", `invalid name for a run: ${JSON.stringify(name)}`, {
    hint:
      "use up to 40 letters, digits, dots, dashes and underscores, not beginning with a dot or dash",
  });
}

/** The default name of a run: the command's file name. */
export function defaultRunName(command: string): string {
  const name = basename(command).replace(/[^A-Za-z0-9._-]/g, "_").replace(/^[.-]+/, "").slice(
    0,
    40,
  );
  return name === "" ? "run" : name;
}

/** A name that this process owns while it runs. */
export interface RunName {
  readonly name: string;
  /** Listens on the control socket. @throws {SessionctlError} as `bindUnixSocket`. */
  serve(service: RunService, onError: (error: unknown) => void): Promise<void>;
  release(): void;
}

/**
 * Takes a name for this run.
 *
 * @throws {SessionctlError} `NAME_IN_USE` if another run has it, naming that run;
 * `UNSAFE_DIRECTORY`, `IO_ERROR` if there is no directory for its socket.
 */
export async function claimRunName(name: string): Promise<RunName> {
  const other = await findRun(name);
  if (other) throw inUse(name, other.status);
  const directory = usableDirectory();
  const socketPath = join(directory, `${name}${SUFFIX}`);
  const lock = lockFile(`${socketPath}.lock`);
  if (!("release" in lock)) throw inUse(name, undefined, lock.heldBy);
  return new ClaimedName(name, socketPath, lock);
}

function usableDirectory(): string {
  let reason: unknown;
  for (const directory of controlDirectories()) {
    try {
      ensurePrivateDirectory(dirname(directory));
      ensurePrivateDirectory(directory);
      return directory;
    } catch (error) {
      reason ??= error;
    }
  }
  throw reason;
}

function inUse(name: string, status?: RunStatus, pid?: number): SessionctlError {
  const who = status
    ? `pid ${status.pid} runs ${status.command.join(" ")}`
    : pid === undefined
    ? "another process"
    : `process ${pid}`;
  return new SessionctlError("NAME_IN_USE", `a run named ${name} already exists: ${who}`, {
    hint: `use another --name, or stop the other run with: sessionctl run --stop ${name}`,
  });
}

class ClaimedName implements RunName {
  #acceptor: { close(): void } | undefined;

  constructor(
    readonly name: string,
    readonly socketPath: string,
    readonly lock: FileLock,
  ) {}

  async serve(service: RunService, onError: (error: unknown) => void): Promise<void> {
    const host = new ChannelHost({
      limits: LIMITS,
      contextMs: CONTEXT_MS,
      onPeer: (peer) => runService.serve(peer, service),
    });
    this.#acceptor = await acceptStreams({
      socketPath: this.socketPath,
      what: "the control socket",
      maxConnections: MAX_CONNECTIONS,
      onError,
      serve: (stream) => host.accept(stream),
    });
  }

  release(): void {
    this.#acceptor?.close();
    this.lock.release();
  }
}

/** A run that answers, with a connection to it. */
export interface FoundRun extends Disposable {
  readonly status: RunStatus;
  readonly service: RunService;
  /** Resolves when the run has ended. */
  readonly ended: Promise<unknown>;
}

/** Finds a run by its name. */
export async function findRun(name: string): Promise<FoundRun | undefined> {
  for (const directory of trustedDirectories()) {
    const found = await askRun(join(directory, `${name}${SUFFIX}`));
    if (found?.status.name === name) return found;
    found?.[Symbol.dispose]();
  }
  return undefined;
}

/** A run that does not answer, because its supervisor hangs or was stopped. */
export interface UnresponsiveRun {
  readonly name: string;
  /** The pid of the supervising process. */
  readonly pid: number;
  readonly state: "unresponsive";
}

/** All runs, sorted by name. */
export async function listRuns(): Promise<(RunStatus | UnresponsiveRun)[]> {
  const paths = trustedDirectories().flatMap((directory) => {
    try {
      return [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(SUFFIX))
        .map(({ name }) => join(directory, name));
    } catch {
      return []; // No run was ever there, or the directory is not readable.
    }
  });
  const found = await Promise.all(paths.map(async (path) => {
    using run = await askRun(path);
    return run?.status ?? unresponsive(path);
  }));
  return found.flatMap((run) => run ? [run] : []).sort((a, b) => a.name.localeCompare(b.name));
}

/** The run with this name, if it exists but does not answer. */
export function findUnresponsive(name: string): UnresponsiveRun | undefined {
  for (const directory of trustedDirectories()) {
    const run = unresponsive(join(directory, `${name}${SUFFIX}`));
    if (run) return run;
  }
  return undefined;
}

/** Checks the lock for the owner of the name; a killed run holds none. */
function unresponsive(path: string): UnresponsiveRun | undefined {
  if (socketOwnership(path) !== "ours") return undefined;
  const pid = lockHolder(`${path}.lock`);
  return pid === undefined
    ? undefined
    : { name: basename(path, SUFFIX), pid, state: "unresponsive" };
}

/** @returns undefined if no process answers, because a killed run leaves its socket. */
async function askRun(path: string): Promise<FoundRun | undefined> {
  if (socketOwnership(path) !== "ours") return undefined;
  let peer: ChannelPeer | undefined;
  try {
    peer = await connectChannels(path, "sessionctl run", { limits: LIMITS });
    const service = runService.client(peer);
    const answer = service.status();
    answer.catch(() => {});
    const status = await Promise.race([answer, noAnswer()]);
    if (status === undefined) throw new Error("no answer");
    const connection = peer;
    return { status, service, ended: peer.ended, [Symbol.dispose]: () => connection.dispose() };
  } catch {
    peer?.dispose();
    return undefined;
  }
}

function noAnswer(): Promise<undefined> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(() => resolve(undefined), ANSWER_MS) as unknown as number);
  });
}

/** Time limit for stopping or restarting a run, in milliseconds. */
export function patienceOf({ stopTimeoutMs }: RunStatus): number {
  return Math.min(stopTimeoutMs, 3_600_000) + 15_000;
}
