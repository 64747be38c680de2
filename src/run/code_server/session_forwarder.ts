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
  /** The session socket's path; see `codeServerPaths`. */
  readonly sessionSocket: string;
  /** The registry's socket; found by its usual places unless given. */
  readonly registrySocket: string | undefined;
  /** What is added to a session before the registry gets it; nothing unless told. */
  complete?(entry: SessionEntry): Promise<SessionEntry>;
  /** Told, in one line each, of what an operator should know. */
  log(message: string): void;
}

/** How often the path is looked at until the socket is ours, in milliseconds. */
const EAGER_LOOK_MS = 20;
/** How often later on: another code-server with the same data directory may replace it. */
const LOOK_MS = 200;
/** For so long after the child's start the first of the two counts. */
const EAGER_FOR_MS = 60_000;
/** A path that names nothing for so long, although code-server lives, was cleaned up by somebody. */
const MISSING_MS = 2000;
/** A socket nobody listened on is asked again after so long. */
const ASK_AGAIN_MS = 500;
/** How many replaced code-servers are remembered, for when their successors end. */
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
 * Stands between a code-server's session socket and those who use it: the socket is moved
 * aside once it is bound, one of ours takes its path, and what is said there reaches
 * code-server and the registry both. This is done again whenever a code-server binds anew.
 */
export class SessionForwarder {
  readonly #options: ForwarderOptions;
  readonly #registrations: Registrations;
  #held: Interposed | undefined;
  #server: HttpServer | undefined;
  /** Sockets of code-servers that live although another has replaced them, the newest last. */
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

  /** Whether requests at the session socket's path reach us. */
  get isInPlace(): boolean {
    return sameFile(fileIdentity(this.#options.sessionSocket), this.#held?.ours.identity);
  }

  /** The code-server was started: its socket will be there in a moment. */
  childStarted(): void {
    this.#eagerUntil = performance.now() + EAGER_FOR_MS;
    clearTimeout(this.#timer);
    this.#lookLater();
  }

  /** The code-server has ended, and its windows with it. */
  async childEnded(): Promise<void> {
    await this.#enqueue(() => this.#succeed());
    await this.#registrations.removeDead();
  }

  /** Gives everything back, and removes what is ours. */
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

  /** One thing after another: each looks at the path and changes it. */
  #enqueue(action: () => Promise<void>): Promise<void> {
    return this.#work = this.#work.then(action).catch((error) => this.#report(messageOf(error)));
  }

  #lookLater(): void {
    if (this.#closed) return;
    const eager = !this.#held && performance.now() < this.#eagerUntil;
    this.#timer = setTimeout(() => {
      const { identity } = this.#held?.ours ?? {};
      // Mostly nothing has changed: that costs one look and nothing else.
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

  /** A code-server has bound its socket. */
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
      // A crashed one's, or it listens in a moment.
      this.#refused = { identity: found, at: performance.now() };
      return;
    }
    // Before anything of ours is put there: where others may write, a link may lie in its place.
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

  /** Keeps a replaced code-server's socket for as long as somebody listens on it. */
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

  /** Our socket's path is gone: code-server removes it when it ends, or before it binds anew. */
  async #missing(): Promise<void> {
    await this.#succeed();
    if (!this.#held) return;
    this.#missingSince ??= performance.now();
    // One that is about to bind there must not find the path taken.
    if (performance.now() - this.#missingSince < MISSING_MS) return;
    const { sessionSocket } = this.#options;
    const ours = bindUnixSocket(sessionSocket, "the session socket", {
      checkDirectory: checkOwnDirectory,
      publish(boundPath, path) {
        Deno.linkSync(boundPath, path); // Fails if somebody is there by now.
        Deno.removeSync(boundPath);
      },
    });
    this.#missingSince = undefined;
    await this.#hold({ ours, theirs: this.#held.theirs });
  }

  /** If the code-server behind our socket is gone, the one it had replaced comes back, or none. */
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

  /** What goes on is told once. */
  #report(message: string): void {
    if (message !== this.#reported) this.#options.log(message);
    this.#reported = message;
  }
}
