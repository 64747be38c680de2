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
  printablePath,
  sameFile,
  usesPipes,
} from "../../platform/mod.ts";
import { isListening } from "../../http/mod.ts";

/** How often the socket's path is looked at, in milliseconds. */
const LOOK_MS = 400;

export interface PathGuardOptions {
  readonly socket: BoundSocket;
  readonly lock: FileLock;
  /** The path is ours again, by this new socket. */
  onRestored(socket: BoundSocket): void;
  /** Somebody else listens at our path, and answers. */
  onNewcomer(): void;
  /** The newcomer is gone. */
  onNewcomerGone(): void;
  log(message: string): void;
}

/**
 * Watches the path of a listening socket. If the file is unlinked or replaced, or its
 * directory removed (logind does that), the path is taken back, unless whoever took
 * it is alive.
 */
export class PathGuard {
  readonly #options: PathGuardOptions;
  #socket: BoundSocket;
  #lock: FileLock;
  #newcomer = false;
  #stopped = false;
  #reported: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: PathGuardOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#lock = options.lock;
    // Nobody can remove a pipe or take its name while we have it.
    if (usesPipes()) return;
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      this.#looking = this.#look()
        .catch((error) => this.#report(messageOf(error)))
        .finally(() => busy = false);
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    const { path, identity } = this.#socket;
    const found = fileIdentity(path);
    if (sameFile(found, identity)) return void this.#holdLock();
    const state = found ? await this.#stateOf(found) : "dead";
    if (this.#stopped || state === "changing") return;
    if (state === "alive") return this.#meetNewcomer();
    if (this.#newcomer) {
      this.#newcomer = false;
      this.#options.onNewcomerGone();
    }
    this.#takeBack(found);
  }

  /** Whether another server of ours listens at our path. */
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

  #takeBack(found: FileIdentity | undefined): void {
    const { path } = this.#socket;
    const shown = printablePath(path);
    const what = `${shown} was ${found ? "replaced" : "removed"}`;
    ensurePrivateDirectory(dirname(path));
    if (!this.#holdLock()) return this.#report(`${what}; another server is starting`);
    const aside = found && moveAsideUnlessSocket(path);
    this.#socket = bindUnixSocket(path, "the registry's socket");
    this.#options.onRestored(this.#socket);
    this.#options.log(`${what}; restored it${aside ? `; the replaced file is now ${aside}` : ""}`);
    this.#reported = undefined;
  }

  /** Makes sure that the lock is at its path: by it other servers know of us. */
  #holdLock(): boolean {
    if (this.#lock.isInPlace()) return true;
    const lock = lockFile(this.#lock.path);
    if (!("release" in lock)) return false;
    this.#lock.release();
    this.#lock = lock;
    return true;
  }

  /** A trouble that lasts is told once. */
  #report(message: string): void {
    if (message !== this.#reported) this.#options.log(message);
    this.#reported = message;
  }

  /** Stops watching; the socket is the server's to close. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** The last thing a server does: from now on another may start. */
  releaseLock(): void {
    this.#lock.release();
  }
}

/** A file or folder that somebody put at our path is not ours to delete. @returns where it is now. */
function moveAsideUnlessSocket(path: string): string | undefined {
  const { isSocket, isSymlink } = Deno.lstatSync(path);
  if (isSocket || isSymlink) return undefined;
  const aside = `${path}.replaced-${Date.now()}`;
  Deno.renameSync(path, aside);
  return printablePath(aside);
}
