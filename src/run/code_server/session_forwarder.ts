import { dirname } from "@std/path/posix";
import { isListening } from "../../http/mod.ts";
import { HttpServer } from "../../http/server/mod.ts";
import { AcceptedDescriptors } from "../../platform/ffi/accepted_descriptors.ts";
import { messageOf } from "../../errors.ts";
import {
  bindUnixSocket,
  checkOwnDirectory,
  type FileIdentity,
  fileIdentity,
  type FileLock,
  lockFile,
  printablePath,
  removeIfSame,
  sameFile,
} from "../../platform/mod.ts";
import type { SessionEntry } from "../../registry/mod.ts";
import { forwardingHandler } from "./forwarding_handler.ts";
import {
  giveBack,
  interpose,
  type Interposed,
  type MovedSocket,
  removeForgotten,
} from "./interposed_socket.ts";
import { Registrations } from "./registrations.ts";

export interface ForwarderOptions {
  /** The path of the session socket; see `codeServerPaths`. */
  readonly sessionSocket: string;
  /** The registry's socket; found by the usual rules by default. */
  readonly registrySocket: string | undefined;
  /** Completes a session before it is sent to the registry; by default, nothing is added. */
  complete?(entry: SessionEntry): Promise<SessionEntry>;
  /** Called with each message for the operator, one line each. */
  log(message: string): void;
}

/** Interval of the checks of the path until the socket is ours, in milliseconds. */
const EAGER_LOOK_MS = 20;
/** The later interval: another code-server with the same data directory may replace the socket. */
const LOOK_MS = 200;
/** Time after the child's start in which the first interval applies. */
const EAGER_FOR_MS = 60_000;
/** After this time without a file at the path of a live code-server, the file was cleaned up. */
const MISSING_MS = 2000;
/** Time after which a socket without a listener is checked again. */
const ASK_AGAIN_MS = 500;
/** Maximum number of replaced code-servers that are remembered until their successors end. */
const MAX_ELDERS = 4;
const CLOSE_MS = 1000;

const LIMITS = {
  headBytes: 64 * 1024,
  bodyBytes: 4 * 1024 * 1024,
  requestMs: 10_000,
  idleMs: 20_000,
  writeMs: 10_000,
  connections: 128,
};

/**
 * Intercepts a code-server's session socket. Once the socket is bound, the forwarder moves it aside
 * and binds a socket of ours at its path. It forwards requests to both code-server and the
 * registry. It repeats this whenever a code-server binds a new socket.
 */
export class SessionForwarder {
  readonly #options: ForwarderOptions;
  readonly #registrations: Registrations;
  #held: Interposed | undefined;
  #server: HttpServer | undefined;
  /** Sockets of live code-servers that another one has replaced, newest last. */
  #elders: MovedSocket[] = [];
  #lock: FileLock | undefined;
  #missingSince: number | undefined;
  #refused: { readonly identity: FileIdentity; readonly at: number } | undefined;
  #eagerUntil = 0;
  #reported: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#registrations = new Registrations(options);
    this.#enqueue(() => removeForgotten(options.sessionSocket));
    this.#lookLater();
  }

  /** Whether requests to the session socket's path reach this forwarder. */
  get isInPlace(): boolean {
    return sameFile(fileIdentity(this.#options.sessionSocket), this.#held?.ours.identity);
  }

  /** Called after the start of the code-server, which will soon bind its socket. */
  childStarted(): void {
    this.#eagerUntil = performance.now() + EAGER_FOR_MS;
    clearTimeout(this.#timer);
    this.#lookLater();
  }

  /** Called after the end of the code-server, which also ends its windows. */
  async childEnded(): Promise<void> {
    await this.#enqueue(() => this.#succeed());
    await this.#registrations.removeDead();
  }

  /** Moves all sockets back, and removes our own. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#enqueue(async () => {
      await this.#succeed();
      await this.#release();
    });
    await this.#registrations.removeDead();
    await this.#registrations.close();
  }

  /** Runs actions in sequence, because each checks the path and changes it. */
  #enqueue(action: () => Promise<void>): Promise<void> {
    return this.#work = this.#work.then(action).catch((error) => this.#report(messageOf(error)));
  }

  #lookLater(): void {
    if (this.#closed) return;
    const eager = !this.#held && performance.now() < this.#eagerUntil;
    this.#timer = setTimeout(() => {
      const { identity } = this.#held?.ours ?? {};
      // Usually nothing has changed, and the check costs a single system call.
      const found = fileIdentity(this.#options.sessionSocket);
      if (identity ? sameFile(found, identity) : found === undefined) {
        this.#missingSince = undefined;
        return this.#lookLater();
      }
      void this.#enqueue(() => this.#look()).then(() => {
        clearTimeout(this.#timer);
        this.#lookLater();
      });
    }, eager ? EAGER_LOOK_MS : LOOK_MS);
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    const found = fileIdentity(this.#options.sessionSocket);
    if (found !== undefined) {
      this.#missingSince = undefined;
      if (!sameFile(found, this.#held?.ours.identity)) await this.#take(found);
    } else if (this.#held) await this.#missing();
  }

  /** Replaces the socket that a code-server has bound. */
  async #take(found: FileIdentity): Promise<void> {
    const { sessionSocket: path, log } = this.#options;
    if (sameFile(found, this.#refused?.identity)) {
      if (performance.now() - this.#refused!.at < ASK_AGAIN_MS) return;
    }
    const { isSocket, uid } = Deno.lstatSync(path);
    if (!isSocket || uid !== Deno.uid()) {
      return this.#report(
        `${printablePath(path)} is not a socket of this user and is not replaced`,
      );
    }
    if (!(await isListening(path))) {
      // The socket of a crashed code-server, or of one that has not called listen() yet.
      this.#refused = { identity: found, at: performance.now() };
      return;
    }
    // Checked before we create a file there: if others may write, they may have put a link in its
    // place.
    checkOwnDirectory(dirname(path));
    if (!sameFile(fileIdentity(path), found) || !this.#takeLock()) return;
    await this.#hold(interpose(path));
    this.#reported = undefined;
    log(`forwarding registrations from ${printablePath(path)} to the registry`);
  }

  #takeLock(): boolean {
    if (this.#lock?.isInPlace()) return true;
    const lock = lockFile(`${this.#options.sessionSocket}.sctl-lock`);
    if ("release" in lock) {
      this.#lock?.release();
      this.#lock = lock;
      return true;
    }
    const who = lock.heldBy === undefined ? "another process" : `process ${lock.heldBy}`;
    const shown = printablePath(this.#options.sessionSocket);
    this.#report(`${who} already forwards ${shown}`);
    return false;
  }

  async #hold(interposed: Interposed): Promise<void> {
    const former = this.#held?.theirs;
    this.#held = interposed;
    const { ours } = interposed;
    if (this.#server) this.#server.moveTo(ours);
    else {
      const { complete = (entry: SessionEntry) => Promise.resolve(entry) } = this.#options;
      const registrations = this.#registrations;
      const upstream = () => this.#held?.theirs.path;
      this.#server = new HttpServer({
        socket: ours,
        limits: LIMITS,
        handler: forwardingHandler({ registrations, complete, upstream }),
        onError: (error) => this.#report(messageOf(error)),
      }, new AcceptedDescriptors(ours.boundPath));
    }
    if (former && !sameFile(former.identity, interposed.theirs.identity)) {
      await this.#retire(former);
    }
  }

  /** Keeps the socket of a replaced code-server as long as it has a listener. */
  async #retire(former: MovedSocket): Promise<void> {
    this.#elders.push(former);
    const dropped = this.#elders.length > MAX_ELDERS ? this.#elders.shift() : undefined;
    if (dropped) removeIfSame(dropped.path, dropped.identity);
    const listening = await Promise.all(this.#elders.map(({ path }) => isListening(path)));
    this.#elders.forEach((elder, index) => {
      if (!listening[index]) removeIfSame(elder.path, elder.identity);
    });
    this.#elders = this.#elders.filter((_, index) => listening[index]);
  }

  /**
   * Handles the removal of our socket. A code-server removes it when it ends or before it binds
   * anew.
   */
  async #missing(): Promise<void> {
    await this.#succeed();
    if (!this.#held) return;
    this.#missingSince ??= performance.now();
    // A code-server that is about to bind must find the path free.
    if (performance.now() - this.#missingSince < MISSING_MS) return;
    const { sessionSocket } = this.#options;
    const ours = bindUnixSocket(sessionSocket, "the session socket", {
      checkDirectory: checkOwnDirectory,
      publish(boundPath, path) {
        Deno.linkSync(boundPath, path); // Fails if another socket exists by now.
        Deno.removeSync(boundPath);
      },
    });
    this.#missingSince = undefined;
    await this.#hold({ ours, theirs: this.#held.theirs });
  }

  /**
   * If the code-server behind our socket has ended, the one that it replaced takes over, if any.
   */
  async #succeed(): Promise<void> {
    while (this.#held && !(await isListening(this.#held.theirs.path))) {
      const { ours, theirs } = this.#held;
      removeIfSame(theirs.path, theirs.identity);
      const elder = this.#elders.pop();
      if (!elder) return await this.#release();
      this.#held = { ours, theirs: elder };
    }
  }

  async #release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held) await giveBack(held.theirs, this.#options.sessionSocket, held.ours);
    for (const { path, identity } of this.#elders.splice(0)) removeIfSame(path, identity);
    await this.#server?.close(CLOSE_MS);
    this.#server = undefined;
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** Reports a persistent problem only once. */
  #report(message: string): void {
    if (message !== this.#reported) this.#options.log(message);
    this.#reported = message;
  }
}
