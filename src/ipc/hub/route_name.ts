import { isAbsolute } from "@std/path";
import { SessionctlError } from "../../errors.ts";

/**
 * The name by which other clients reach a channel that a window registered: `CHANNEL@SESSION`,
 * where the session is the window's editor socket, an absolute path. The hub forwards such requests
 * to the window, so that every client of the protocol can use them, including VS Code's own.
 */
export interface Route {
  readonly channel: string;
  /** The editor socket. */
  readonly session: string;
}

/**
 * Returns the name under which the hub forwards requests to a window's channel.
 *
 * @param channel The name under which the window registered the channel.
 * @param session The window's editor socket.
 * @throws {SessionctlError} `INVALID_ARGUMENT` if the session is not an absolute path, or the
 * channel's name contains `@/`.
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

/** Parses a channel name; undefined for a channel of the hub itself. */
export function parseRoute(name: string): Route | undefined {
  const at = name.indexOf("@/");
  return at < 0 ? undefined : { channel: name.slice(0, at), session: name.slice(at + 1) };
}

/**
 * Returns the context string of a window's client, which tells the hub its session.
 *
 * @param name The name of the client, such as the extension's name.
 */
export function windowContext(session: string, name = "window"): string {
  return routedChannel(name, session);
}

/** Extracts the session from a context string: `NAME@SESSION`, or the editor socket alone. */
export function sessionOfContext(context: string): string | undefined {
  return isAbsolute(context) ? context : parseRoute(context)?.session;
}
