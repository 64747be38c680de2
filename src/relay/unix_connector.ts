import { errnoOf, messageOf, printablePath, SessionctlError } from "../platform/mod.ts";
import { type Descriptors, type Side, UnixSide } from "./side.ts";
import type { ClientInfo, Connector } from "./types.ts";

/** Between attempts while the target's queue is full, in milliseconds. */
const RETRY_MS = 20;

/** Tells which socket, or which of several in this order, a connection goes to; asked for each. */
export type TargetResolver = (info: ClientInfo) => Promise<readonly string[]> | string;

/**
 * Connects to the Unix socket that the resolver names, or to the first of several on which
 * somebody listens.
 *
 * A target whose queue of waiting connections is full refuses at once (`EAGAIN`);
 * until the connect limit is over that is no reason to refuse the client.
 */
export class UnixConnector implements Connector {
  readonly #resolve: TargetResolver;
  readonly #targets: () => Promise<readonly string[]>;
  readonly #descriptors: Descriptors;
  readonly #reached: (path: string) => void;

  /**
   * @param targets The sockets of which one must accept for the relay to be healthy.
   * @param reached Told which of several accepted.
   */
  constructor(
    resolve: TargetResolver,
    targets: () => Promise<readonly string[]>,
    descriptors: Descriptors,
    reached: (path: string) => void = () => {},
  ) {
    this.#resolve = resolve;
    this.#targets = targets;
    this.#descriptors = descriptors;
    this.#reached = reached;
  }

  async connect(info: ClientInfo, limitMs: number): Promise<Side> {
    const resolved = this.#resolve(info);
    if (typeof resolved === "string") return await this.#connectTo(resolved, limitMs);
    let refusal: unknown;
    for (const path of await resolved) {
      try {
        const side = await this.#connectTo(path, limitMs);
        this.#reached(path);
        return side;
      } catch (error) {
        if (!isDeserted(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #connectTo(path: string, limitMs: number): Promise<Side> {
    let until: number | undefined;
    for (;;) {
      // The socket is made within the call of connect: see nextDescriptor.
      const descriptor = this.#descriptors.next();
      const connecting = Deno.connect({ transport: "unix", path });
      const known = this.#descriptors.isUnix(descriptor) ? descriptor : undefined;
      try {
        return new UnixSide(await connecting, known, this.#descriptors);
      } catch (error) {
        if (!isBacklogFull(error)) throw cannotConnect(path, error);
        until ??= performance.now() + limitMs;
        if (performance.now() + RETRY_MS > until) {
          throw new SessionctlError(
            "TIMED_OUT",
            `${printablePath(path)} does not accept: its queue has been full for ${limitMs} ms`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async accepts(): Promise<boolean> {
    const targets = await this.#targets().catch(() => []);
    for (const path of targets) {
      const conn = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
      conn?.close();
      if (conn) return true;
    }
    return false;
  }
}

function isBacklogFull(error: unknown): boolean {
  return error instanceof Deno.errors.WouldBlock || errnoOf(error) === "EAGAIN";
}

/** Nobody listens there: whoever did is gone, and another may serve the same. */
function isDeserted(error: unknown): boolean {
  return error instanceof SessionctlError &&
    (error.code === "SOCKET_MISSING" || error.code === "CONNECTION_REFUSED");
}

function cannotConnect(path: string, error: unknown): SessionctlError {
  const shown = printablePath(path);
  if (error instanceof Deno.errors.NotFound) {
    return new SessionctlError("SOCKET_MISSING", `no socket at ${shown}`, { cause: error });
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    return new SessionctlError("CONNECTION_REFUSED", `nobody listens on ${shown}`, {
      cause: error,
    });
  }
  return new SessionctlError("IO_ERROR", `cannot connect to ${shown}: ${messageOf(error)}`, {
    cause: error,
  });
}
