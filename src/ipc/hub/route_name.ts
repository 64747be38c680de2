import { isAbsolute } from "@std/path";
import { SessionctlError } from "../../errors.ts";

/**
 * How a channel that a window registered is called by others: `CHANNEL@SESSION`, the
 * session being its editor socket, an absolute path. The hub passes such a request on to
 * the window. So every client of the protocol can use it, VS Code's own too.
 */
export interface Route {
  readonly channel: string;
  /** The editor socket. */
  readonly session: string;
}

/**
 * The name under which the hub passes requests on to a window's channel.
 *
 * @param channel The name under which the window registered it.
 * @param session The window's editor socket.
 * @throws {SessionctlError} `INVALID_ARGUMENT` when the session is not an absolute path, or
 * the channel's name holds an `@/`.
 * @example
 * ```ts
 * hub.getChannel(routedChannel("tools", "/run/user/1000/vscode-ipc-1.sock")).call("ping");
 * ```
 */
export function routedChannel(channel: string, session: string): string {
  if (!isAbsolute(session) || channel.includes("@/")) {
    throw new SessionctlError(
      "INVALID_ARGUMENT",
      `no such route: channel ${JSON.stringify(channel)} of ${JSON.stringify(session)}`,
    );
  }
  return `${channel}@${session}`;
}

/** What a name addresses; undefined for a channel of the hub itself. */
export function parseRoute(name: string): Route | undefined {
  const at = name.indexOf("@/");
  return at < 0 ? undefined : { channel: name.slice(0, at), session: name.slice(at + 1) };
}

/**
 * The context string of a window's client, by which the hub knows whose window it is.
 *
 * @param name What to call the client, such as the extension's name.
 */
export function windowContext(session: string, name = "window"): string {
  return routedChannel(name, session);
}

/** The session of a context string: `NAME@SESSION`, or the editor socket alone. */
export function sessionOfContext(context: string): string | undefined {
  return isAbsolute(context) ? context : parseRoute(context)?.session;
}
