import { errnoOf, messageOf, printablePath, SessionctlError } from "../platform/mod.ts";
import { type Descriptors, type Side, UnixSide } from "./side.ts";
import type { ClientInfo, Connector } from "./types.ts";

/** Between attempts while the target's queue is full, in milliseconds. */
const RETRY_MS = 20;

/** Tells which socket a connection goes to; asked for each connection. */
export type TargetResolver = (info: ClientInfo) => Promise<string> | string;

/**
 * Connects to the Unix socket that the resolver names.
 *
 * A target whose queue of waiting connections is full refuses at once (`EAGAIN`);
 * until the connect limit is over that is no reason to refuse the client.
 */
export class UnixConnector implements Connector {
  readonly #resolve: TargetResolver;
  readonly #targets: () => Promise<readonly string[]>;
  readonly #descriptors: Descriptors;

  /** @param targets The sockets of which one must accept for the relay to be healthy. */
  constructor(
    resolve: TargetResolver,
    targets: () => Promise<readonly string[]>,
    descriptors: Descriptors,
  ) {
    this.#resolve = resolve;
    this.#targets = targets;
    this.#descriptors = descriptors;
  }

  async connect(info: ClientInfo, limitMs: number): Promise<Side> {
    const resolved = this.#resolve(info);
    const path = typeof resolved === "string" ? resolved : await resolved;
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
