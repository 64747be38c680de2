import { basename } from "@std/path/posix";
import { errnoOf, messageOf, SessionctlError } from "../../errors.ts";
import {
  CLI_SOCKET_NAME,
  connectOwned,
  type OwnedConnection,
  printablePath,
  realPathOf,
} from "../../platform/mod.ts";
import { ConnectedSide, type Descriptors, type Side } from "../data/side.ts";
import { TargetLog, type TargetState } from "../log/target_log.ts";
import type { ClientInfo, Connected, Connector } from "../types.ts";

/** Pause between attempts while the target's queue is full, in milliseconds. */
const RETRY_MS = 20;

/** Resolves the socket, or several in order of preference, for each connection. */
export type TargetResolver = (info: ClientInfo) => Promise<readonly string[]> | string;

export interface UnixConnectorOptions {
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** The targets that are known in advance. */
  readonly names?: readonly string[];
  /** Called with the socket that accepted. */
  reached?(path: string): void;
}

/**
 * Connects to the Unix socket that the resolver names, or to the first of several that has a
 * listener. Sockets of other users are not used, because anybody may have replaced an editor's.
 *
 * A target with a full connection queue refuses at once (`EAGAIN`); the connector retries until
 * the connect time limit.
 */
export class UnixConnector implements Connector {
  readonly #resolve: TargetResolver;
  readonly #targets: () => Promise<readonly string[]>;
  readonly #descriptors: Descriptors;
  readonly #options: UnixConnectorOptions;
  readonly #log: TargetLog;

  /** @param targets The relay is healthy if one of these sockets accepts. */
  constructor(
    resolve: TargetResolver,
    targets: () => Promise<readonly string[]>,
    descriptors: Descriptors,
    options: UnixConnectorOptions = {},
  ) {
    this.#resolve = resolve;
    this.#targets = targets;
    this.#descriptors = descriptors;
    this.#options = options;
    this.#log = new TargetLog(options.names);
  }

  targets(): TargetState[] {
    return this.#log.list();
  }

  async connect(info: ClientInfo, limitMs: number): Promise<Connected> {
    const resolved = this.#resolve(info);
    if (typeof resolved === "string") return await this.#tryTarget(resolved, limitMs);
    let refusal: unknown;
    for (const path of await resolved) {
      try {
        const connected = await this.#tryTarget(path, limitMs);
        this.#options.reached?.(path);
        return connected;
      } catch (error) {
        if (!isOutOfUse(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #tryTarget(target: string, limitMs: number): Promise<Connected> {
    try {
      const side = await this.#connectTo(target, limitMs);
      this.#log.reached(target);
      return { side, target };
    } catch (error) {
      this.#log.failed(target, messageOf(error));
      throw error;
    }
  }

  #open(path: string): Promise<OwnedConnection> {
    const { allowOwners } = this.#options;
    return connectOwned(path, { allowOwners, kernel: this.#descriptors });
  }

  async #connectTo(path: string, limitMs: number): Promise<Side> {
    let until: number | undefined;
    for (;;) {
      try {
        const { conn, descriptor } = await this.#open(path);
        return new ConnectedSide(conn, descriptor, this.#descriptors);
      } catch (error) {
        if (!isBacklogFull(error)) throw cannotConnect(path, error);
        until ??= performance.now() + limitMs;
        if (performance.now() + RETRY_MS > until) {
          throw new SessionctlError(
            "TIMED_OUT",
            `${
              printablePath(path)
            } does not accept connections: its queue has been full for ${limitMs} ms`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async accepts(check = closeAtOnce): Promise<boolean> {
    const targets = await this.#targets().catch(() => []);
    for (const path of targets) {
      try {
        const { conn, descriptor } = await this.#open(path);
        await check(new ConnectedSide(conn, descriptor, this.#descriptors));
      } catch (error) {
        this.#log.failed(path, messageOf(cannotConnect(path, error)));
        continue;
      }
      this.#log.reached(path);
      this.#options.reached?.(path);
      return true;
    }
    return false;
  }
}

function closeAtOnce(side: Side): Promise<void> {
  side.close();
  return Promise.resolve();
}

function isBacklogFull(error: unknown): boolean {
  return error instanceof Deno.errors.WouldBlock || errnoOf(error) === "EAGAIN";
}

/** Whether the next socket may be tried: this one has no listener, or not this user's. */
function isOutOfUse(error: unknown): boolean {
  return error instanceof SessionctlError &&
    ["SOCKET_MISSING", "CONNECTION_REFUSED", "FOREIGN_OWNER"].includes(error.code);
}

function cannotConnect(path: string, error: unknown): SessionctlError {
  if (error instanceof SessionctlError) {
    const isForeign = error.code === "FOREIGN_OWNER";
    return isForeign
      ? new SessionctlError(
        "FOREIGN_OWNER",
        `${printablePath(path)} belongs to another user (use --allow-owner UID to allow it)`,
      )
      : error;
  }
  const shown = printablePath(path);
  if (error instanceof Deno.errors.NotFound) {
    return new SessionctlError("SOCKET_MISSING", `no socket at ${shown}`, { cause: error });
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    return new SessionctlError("CONNECTION_REFUSED", `no process listens on ${shown}`, {
      cause: error,
    });
  }
  return new SessionctlError("IO_ERROR", `cannot connect to ${shown}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** Whether a path, or the target of a symlink there, has the name of an editor's CLI socket. */
export function isCliSocket(path: string): boolean {
  return [path, realPathOf(path)].some((one) => CLI_SOCKET_NAME.test(basename(one)));
}

/**
 * Refuses an editor's CLI socket as a target: its clients can run commands, regardless of any
 * authentication in front of it.
 *
 * @throws {SessionctlError} `NOT_ALLOWED`.
 */
export function checkNoCliSocket(path: string): void {
  if (!isCliSocket(path)) return;
  throw new SessionctlError(
    "NOT_ALLOWED",
    `${printablePath(path)} is an editor's CLI socket, whose clients can run commands`,
    { hint: "use the socket on which the editor serves its page (code-server --socket)" },
  );
}
