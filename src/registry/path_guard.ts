import { dirname } from "@std/path/posix";
import {
  bindUnixSocket,
  type BoundSocket,
  ensurePrivateDirectory,
  type FileIdentity,
  fileIdentity,
  type FileLock,
  lockFile,
  messageOf,
  sameFile,
} from "../platform/mod.ts";
import { connectUnix } from "../platform/http/mod.ts";

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
  #reported: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: PathGuardOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#lock = options.lock;
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
    if (sameFile(found, identity)) return;
    if (found && await this.#answers(found)) {
      if (this.#newcomer) return;
      this.#newcomer = true;
      this.#options.log(`another server has taken ${path}; asking it as an upstream`);
      this.#options.onNewcomer();
      return;
    }
    if (this.#newcomer) {
      this.#newcomer = false;
      this.#options.onNewcomerGone();
    }
    this.#takeBack(found ? "was replaced" : "was removed");
  }

  async #answers(found: FileIdentity): Promise<boolean> {
    const { path } = this.#socket;
    try {
      (await connectUnix(path)).close();
      return true;
    } catch {
      // Gone between the two looks: the next look decides.
      return !sameFile(fileIdentity(path), found);
    }
  }

  #takeBack(what: string): void {
    const { path } = this.#socket;
    ensurePrivateDirectory(dirname(path));
    if (fileIdentity(this.#lock.path) === undefined) {
      const lock = lockFile(this.#lock.path);
      if (!("release" in lock)) return this.#report(`${path} ${what}; another server is starting`);
      this.#lock.release();
      this.#lock = lock;
    }
    this.#socket = bindUnixSocket(path, "the registry's socket");
    this.#options.onRestored(this.#socket);
    this.#options.log(`${path} ${what}; it is back`);
    this.#reported = undefined;
  }

  /** A trouble that lasts is told once. */
  #report(message: string): void {
    if (message !== this.#reported) this.#options.log(message);
    this.#reported = message;
  }

  /** Stops watching; the socket is the server's to close. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** The last thing a server does: from now on another may start. */
  releaseLock(): void {
    this.#lock.release();
  }
}
