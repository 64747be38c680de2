import { dirname } from "@std/path";
import { messageOf } from "../../errors.ts";
import {
  bindUnixSocket,
  type BoundSocket,
  ensurePrivateDirectory,
  type FileIdentity,
  fileIdentity,
  type FileLock,
  lockFile,
  PathWatch,
  printablePath,
  sameFile,
  usesPipes,
} from "../../platform/mod.ts";
import { isListening } from "../../http/mod.ts";

/** Interval of the checks while the socket or the lock is not in place, in milliseconds. */
const LOOK_MS = 400;

export interface PathGuardOptions {
  readonly socket: BoundSocket;
  readonly lock: FileLock;
  /** Called when the path is ours again, with the new socket. */
  onRestored(socket: BoundSocket): void;
  /** Called when another server listens at our path and answers. */
  onNewcomer(): void;
  /** Called when that other server is gone. */
  onNewcomerGone(): void;
  log(message: string): void;
}

/**
 * Watches the path of a listening socket. If the file is unlinked or replaced, or its directory is
 * removed (logind does that), the guard restores it, unless another server is alive at the path.
 */
export class PathGuard {
  readonly #options: PathGuardOptions;
  #socket: BoundSocket;
  #lock: FileLock;
  #newcomer = false;
  #stopped = false;
  #reported: string | undefined;
  readonly #watch: PathWatch | undefined;

  constructor(options: PathGuardOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#lock = options.lock;
    // While we have a pipe, nobody can remove it or take its name.
    if (usesPipes()) return;
    this.#watch = new PathWatch({
      paths: [options.socket.path, options.lock.path],
      intervalMs: LOOK_MS,
      check: () =>
        this.#look().catch((error) => {
          this.#report(messageOf(error));
          return false;
        }),
    });
  }

  /** @returns whether socket and lock are in place. */
  async #look(): Promise<boolean> {
    const { path, identity } = this.#socket;
    const found = fileIdentity(path);
    if (sameFile(found, identity)) return this.#holdLock();
    const state = found ? await this.#stateOf(found) : "dead";
    if (this.#stopped || state === "changing") return false;
    if (state === "alive") {
      this.#meetNewcomer();
      return false;
    }
    if (this.#newcomer) {
      this.#newcomer = false;
      this.#options.onNewcomerGone();
    }
    return this.#takeBack(found);
  }

  /** Whether another server listens at our path. */
  async #stateOf(found: FileIdentity): Promise<"alive" | "dead" | "changing"> {
    const { path } = this.#socket;
    if (await isListening(path)) return "alive";
    return sameFile(fileIdentity(path), found) ? "dead" : "changing";
  }

  #meetNewcomer(): void {
    if (this.#newcomer) return;
    this.#newcomer = true;
    const path = printablePath(this.#socket.path);
    this.#options.log(`another server has taken ${path}; using it as an upstream`);
    this.#options.onNewcomer();
  }

  #takeBack(found: FileIdentity | undefined): boolean {
    const { path } = this.#socket;
    const shown = printablePath(path);
    const what = `${shown} was ${found ? "replaced" : "removed"}`;
    ensurePrivateDirectory(dirname(path));
    if (!this.#holdLock()) {
      this.#report(`${what}; another server is starting`);
      return false;
    }
    const aside = found && moveAsideUnlessSocket(path);
    this.#socket = bindUnixSocket(path, "the registry's socket");
    this.#options.onRestored(this.#socket);
    this.#options.log(`${what}; restored it${aside ? `; the replaced file is now ${aside}` : ""}`);
    this.#reported = undefined;
    return true;
  }

  /** Makes sure that the lock file is in place: other servers detect us by it. */
  #holdLock(): boolean {
    if (this.#lock.isInPlace()) return true;
    const lock = lockFile(this.#lock.path);
    if (!("release" in lock)) return false;
    this.#lock.release();
    this.#lock = lock;
    return true;
  }

  /** Logs a persistent problem only once. */
  #report(message: string): void {
    if (message !== this.#reported) this.#options.log(message);
    this.#reported = message;
  }

  /** Stops watching. The server closes the socket. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watch?.stop();
  }

  /** The last step of a server's shutdown: from now on another server may start. */
  releaseLock(): void {
    this.#lock.release();
  }
}

/**
 * Moves aside a file or folder at our path that is not a socket, because it may hold somebody's
 * data. @returns its new path.
 */
function moveAsideUnlessSocket(path: string): string | undefined {
  const { isSocket, isSymlink } = Deno.lstatSync(path);
  if (isSocket || isSymlink) return undefined;
  const aside = `${path}.replaced-${Date.now()}`;
  Deno.renameSync(path, aside);
  return printablePath(aside);
}
