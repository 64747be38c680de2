import { delay } from "@std/async/delay";
import { errnoOf, SessionctlError } from "../errors.ts";
import {
  isRunning,
  lockHolder,
  ownershipReason,
  printablePath,
  registrySocketCandidates,
  socketOwnership,
  usesPipes,
} from "../platform/mod.ts";
import { signalProcess } from "../platform/processes.ts";
import { registryLockPath, supervisorLockPath } from "../registry/mod.ts";
import { removePidFile } from "./pid_file.ts";
import { pidFilePath } from "./places.ts";
import { socketUnitOf } from "./service/mod.ts";
import type { StopOptions, Stopped } from "./stop_options.ts";

const POLL_MS = 20;
/** Time limit of a registry from taking its lock to listening, in milliseconds. */
const SETTLE_MS = 1000;
/** Time limit for a killed process to be gone; it takes long only if the kernel is busy with it. */
const KILLED_MS = 2000;

/**
 * Ends the registry that clients find, or the one at `socket`, and waits until its process is gone.
 * The kernel tells which process listens on the socket, and the lock must agree; a pid file is
 * never used.
 *
 * @returns the registry that was ended; undefined if none runs.
 * @throws {SessionctlError} `TIMED_OUT` if it does not end in time; `NOT_ALLOWED` if the process
 * that listens is not a registry of ours; `FOREIGN_OWNER` or `ACCESS_DENIED` if the only one
 * belongs to another user or is not accessible.
 */
export async function stopRegistry(options: StopOptions): Promise<Stopped | undefined> {
  if (usesPipes()) {
    const { stopByRequest } = await import("./stop_by_request.ts");
    return await stopByRequest(options);
  }
  const places = registrySocketCandidates(options.socket);
  let refusal: SessionctlError | undefined;
  for (const socketPath of places) {
    const ownership = socketOwnership(socketPath);
    if (ownership === "foreign" || ownership === "unreadable") {
      // Clients skip it, too: the registry that they find has another path.
      options.step?.(`${printablePath(socketPath)} ${ownershipReason(ownership)}`);
      if (ownership === "foreign" || places.length === 1) {
        refusal ??= notMine(socketPath, ownership);
      }
      continue;
    }
    const stopped = await stopAt(socketPath, options);
    if (stopped) return stopped;
  }
  if (refusal) throw refusal;
  return undefined;
}

function notMine(socketPath: string, ownership: "foreign" | "unreadable"): SessionctlError {
  const code = ownership === "foreign" ? "FOREIGN_OWNER" : "ACCESS_DENIED";
  return new SessionctlError(code, `${printablePath(socketPath)} ${ownershipReason(ownership)}`, {
    hint: ownership === "foreign" ? "stop it as that user" : "stop it as a user who is allowed to",
  });
}

async function stopAt(socketPath: string, options: StopOptions): Promise<Stopped | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  const supervisorPid = lockHolder(supervisorLockPath(socketPath));
  if (supervisorPid === undefined && await isHeldOnly(socketPath, options)) return undefined;
  const registryPid = await registryAt(socketPath, deadline, supervisorPid !== undefined);
  // A supervised registry would be restarted, so the signal goes to its supervisor, which passes it
  // on.
  const pid = supervisorPid ?? registryPid;
  if (pid === undefined) return undefined;
  const processes = [pid, registryPid ?? pid];
  const locks = [registryLockPath(socketPath), supervisorLockPath(socketPath)];
  // A client that waits on a socket of systemd's may already have started the next registry.
  const isLeft = (holder: number | undefined) =>
    holder === undefined || (supervisorPid === undefined && !processes.includes(holder));
  const isGone = () =>
    !processes.some(isRunning) && locks.every((path) => isLeft(lockHolder(path)));
  const role = supervisorPid === undefined ? "which listens on" : "which supervises";
  options.step?.(`SIGTERM to pid ${pid}, ${role} ${printablePath(socketPath)}`);
  signalProcess(pid, "SIGTERM");
  let killed = false;
  if (!await becomes(isGone, deadline)) {
    if (!options.kill) throw stillThere(socketPath, pid, options.timeoutMs);
    options.step?.(`SIGKILL to pid ${pid}`);
    killed = true;
    for (const process of new Set(processes)) signalProcess(process, "SIGKILL");
    if (!await becomes(isGone, performance.now() + KILLED_MS)) {
      throw stillThere(socketPath, pid, options.timeoutMs + KILLED_MS);
    }
  }
  // A killed registry could not remove it itself.
  removePidFile(pidFilePath(socketPath), pid);
  await tellIfHeld(socketPath, options);
  const stopped = { socketPath, pid: registryPid ?? pid, killed };
  return supervisorPid === undefined ? stopped : { ...stopped, supervisorPid };
}

/**
 * Whether no registry runs at `socketPath`, and systemd holds the socket. This does not connect,
 * because a connection would start the registry.
 */
async function isHeldOnly(socketPath: string, options: StopOptions): Promise<boolean> {
  if (lockHolder(registryLockPath(socketPath)) !== undefined) return false;
  return await tellIfHeld(socketPath, options);
}

async function tellIfHeld(socketPath: string, { onHeld }: StopOptions): Promise<boolean> {
  const unit = await socketUnitOf(socketPath);
  if (unit !== undefined) onHeld?.(unit, socketPath);
  return unit !== undefined;
}

/** The process of the registry at `socketPath`; waits for one that is starting. */
async function registryAt(
  socketPath: string,
  deadline: number,
  supervised: boolean,
): Promise<number | undefined> {
  const { listenerPid } = await import("../platform/ffi/peer_process.ts");
  const begun = performance.now();
  for (;;) {
    const holder = lockHolder(registryLockPath(socketPath));
    const listens = await listenerAt(socketPath, listenerPid);
    if (listens === "nobody" && (holder === undefined || supervised)) return holder;
    if (holder !== undefined && listens === holder) return holder;
    // The registry may have ended, or another may have started, between the two checks. A registry
    // that gets its socket from systemd listens shortly after it takes its lock.
    const settled = lockHolder(registryLockPath(socketPath)) === holder;
    const settles = holder !== undefined && performance.now() < begun + SETTLE_MS;
    if (settled && !settles && listens !== "nobody") throw notOurs(socketPath, listens);
    if (performance.now() > deadline) {
      throw new SessionctlError(
        "TIMED_OUT",
        `pid ${holder} holds the lock of ${printablePath(socketPath)}, but does not listen on it`,
        { hint: "the process may be starting or ending; try again, or inspect it" },
      );
    }
    await delay(POLL_MS);
  }
}

/** @returns the pid of the listener; undefined if the kernel does not report it. */
async function listenerAt(
  socketPath: string,
  listenerPid: (path: string) => Promise<number | undefined>,
): Promise<number | undefined | "nobody"> {
  const ownership = socketOwnership(socketPath);
  if (ownership === "foreign") throw notMine(socketPath, ownership);
  if (ownership !== "ours") return "nobody";
  try {
    return await listenerPid(socketPath);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ECONNREFUSED") return "nobody";
    // Its queue is full, so it is alive; only the lock can identify it.
    if (errno === "EAGAIN") return lockHolder(registryLockPath(socketPath));
    throw error;
  }
}

function notOurs(socketPath: string, pid: number | undefined): SessionctlError {
  const shown = printablePath(socketPath);
  if (pid === undefined) {
    return new SessionctlError(
      "NOT_ALLOWED",
      `the process that listens on ${shown} cannot be identified`,
      { hint: "it runs in another container or as another user; stop it there" },
    );
  }
  return new SessionctlError(
    "NOT_ALLOWED",
    `pid ${pid} listens on ${shown} but is not a sessionctl registry: it does not hold the lock`,
    { hint: "name the registry with --socket, or stop that program yourself" },
  );
}

function stillThere(socketPath: string, pid: number, ms: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `the registry on ${printablePath(socketPath)} (pid ${pid}) did not end within ${ms} ms`,
    { hint: "wait longer with --timeout, or use --kill: acknowledged changes are on disk" },
  );
}

async function becomes(condition: () => boolean, deadline: number): Promise<boolean> {
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
