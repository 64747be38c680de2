import { delay } from "@std/async/delay";
import { resolve } from "@std/path";
import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
import {
  besideSocket,
  ensurePrivateDirectory,
  lockFile,
  printablePath,
  registrySocketCandidates,
  socketDirectory,
} from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import { logFileBeside, logFilePath, pidFilePath, usableSocket } from "./places.ts";
import { type Detached, spawnDetached } from "./spawn.ts";

export interface StartOptions {
  /** The registry's socket; the usual paths by default. */
  readonly socket?: string;
  /** Further arguments of `serve`; paths in them must be absolute. */
  readonly args?: readonly string[];
  /** Time limit for the registry to answer, in milliseconds; 10,000 by default. */
  readonly timeoutMs?: number;
  /** Called with each message for the user, one line each. */
  readonly note?: (message: string) => void;
}

/** The registry in the background, regardless of who started it. */
export interface Started {
  readonly socketPath: string;
  readonly pid: number;
  /** Whether it was already running. */
  readonly alreadyRunning: boolean;
  /** Its log; undefined if another process started it. */
  readonly logFile?: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Time limit of one request to a registry that may exist, in milliseconds. */
const ASK_MS = 2000;
/** How long to wait for a registry that restarts, in milliseconds. */
const RETURN_MS = 2000;
const POLL_MS = 25;
const SHOWN_LINES = 5;
/** Time limit for a registry that has not come up in time to end, in milliseconds. */
const FAREWELL_MS = 1000;

/**
 * Makes sure that a registry runs, and starts one in the background if there is none. Of several
 * simultaneous callers, one starts it and the others wait.
 *
 * @throws {SessionctlError} `START_FAILED` with the last lines of its log if it ended, `TIMED_OUT`
 * if it did not answer in time (it is ended then).
 * @example
 * ```ts
 * const { socketPath, pid } = await startRegistry();
 * ```
 */
export async function startRegistry(options: StartOptions = {}): Promise<Started> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const deadline = performance.now() + timeoutMs;
  // A registry that restarts under its supervisor counts as running; a second one would conflict.
  const running = await runningRegistry(options.socket, RETURN_MS);
  if (running) return running;
  const candidates = registrySocketCandidates(options.socket).map((path) => resolve(path));
  const socketPath = usableSocket(candidates, options.note);
  ensurePrivateDirectory(socketDirectory(socketPath));
  while (performance.now() < deadline) {
    const lock = lockFile(besideSocket(socketPath, ".start.lock"));
    if ("release" in lock) {
      try {
        // Another caller may have started it while we waited for the lock.
        return await runningRegistry(options.socket) ??
          await launch(socketPath, options, deadline, timeoutMs);
      } finally {
        lock.release();
      }
    }
    await delay(POLL_MS);
    const started = await runningRegistry(options.socket);
    if (started) return started;
  }
  throw new SessionctlError(
    "TIMED_OUT",
    `another process is starting the registry, which did not answer within ${timeoutMs} ms`,
    { hint: `read its log: ${printablePath(await logFilePath(socketPath))}` },
  );
}

/** The registry that answers, if any. */
async function runningRegistry(
  socket: string | undefined,
  returnMs = 0,
): Promise<Started | undefined> {
  const client = new RegistryClient({ socket, timeoutMs: ASK_MS, returnMs });
  try {
    const { pid } = await client.health();
    return { socketPath: client.socketPath, pid, alreadyRunning: true };
  } catch (error) {
    const absent = ["REGISTRY_UNREACHABLE", "CONNECTION_CLOSED"];
    if (error instanceof SessionctlError && absent.includes(error.code)) return undefined;
    throw error;
  }
}

async function launch(
  socketPath: string,
  options: StartOptions,
  deadline: number,
  timeoutMs: number,
): Promise<Started> {
  const socketArgs = options.socket === undefined ? [] : ["--socket", socketPath];
  // Given options come later and take precedence. The config file may set detach, which was for us.
  const own = ["--no-detach", ...socketArgs, `--pid-file=${pidFilePath(socketPath)}`];
  const args = ["serve", ...own, ...options.args ?? []];
  const { process, logFile } = await spawnLogged(args, socketPath, options);
  let end: string | undefined;
  process.ended.then((how) => end = how);
  while (performance.now() < deadline) {
    // Read first, so that both a new registry and one that made this one end are detected below.
    const ended = end;
    const running = await runningRegistry(options.socket);
    // A registry that another process started in the meantime is just as good.
    if (running && ended !== undefined) return running;
    if (running) return { ...running, alreadyRunning: false, logFile };
    if (ended !== undefined) throw failed(ended, process, logFile);
    await delay(POLL_MS);
  }
  await endNow(process);
  throw new SessionctlError(
    "TIMED_OUT",
    `the registry did not answer within ${timeoutMs} ms${quote(process)}`,
    { hint: `its log is ${printablePath(logFile)}` },
  );
}

/** Starts it with its log at the usual path, or beside the socket if that cannot be written. */
async function spawnLogged(
  args: readonly string[],
  socketPath: string,
  { note }: StartOptions,
): Promise<{ process: Detached; logFile: string }> {
  const usual = await logFilePath(socketPath);
  try {
    return { process: spawnDetached(args, usual), logFile: usual };
  } catch (error) {
    const unwritable = ["ACCESS_DENIED", "IO_ERROR"].includes(errnoOf(error) ?? "");
    const logFile = logFileBeside(socketPath);
    if (!unwritable || logFile === usual) throw error;
    const process = spawnDetached(args, logFile);
    note?.(`${messageOf(error)}; the log is ${printablePath(logFile)}`);
    return { process, logFile };
  }
}

function failed(how: string, process: Detached, logFile: string): SessionctlError {
  return new SessionctlError(
    "START_FAILED",
    `the registry did not start: it ${how}${quote(process)}`,
    { hint: `its log is ${printablePath(logFile)}` },
  );
}

function quote(process: Detached): string {
  return process.lastLines(SHOWN_LINES).map((line) => `\n  | ${printablePath(line)}`).join("");
}

async function endNow(process: Detached): Promise<void> {
  process.kill("SIGTERM");
  await Promise.race([process.ended, delay(FAREWELL_MS)]);
  process.kill("SIGKILL");
}

/** Converts an error of {@link startRegistry} to that of a client without a registry. */
export function asUnreachable(error: unknown): SessionctlError {
  const hint = error instanceof SessionctlError ? error.hint : undefined;
  return new SessionctlError("REGISTRY_UNREACHABLE", messageOf(error), { hint, cause: error });
}
