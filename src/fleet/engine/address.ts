import { SessionctlError } from "../../errors.ts";

/** The address of one node of the engine. */
export interface Endpoint {
  /** `https://host:2379`, without a trailing slash; `http://localhost` for a Unix socket. */
  readonly base: string;
  /** The Unix socket through which the node is reached, for example one forwarded by ssh. */
  readonly socket?: string;
}

/** Maximum number of named nodes; engines have three or five. */
const MAX_NODES = 16;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * Parses the address of an engine: one node or several, separated by commas, each
 * `https://HOST:PORT`, `unix:/PATH`, or `http://` on this machine.
 *
 * @param text The user's text.
 * @throws {SessionctlError} `INVALID_ARGUMENT`, naming the wrong part.
 * @example
 * ```ts
 * readAddress("https://etcd1:2379,https://etcd2:2379").length; // 2
 * ```
 */
export function readAddress(text: string): readonly Endpoint[] {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (parts.length === 0) throw invalid("the address of the fleet's engine is empty");
  if (parts.length > MAX_NODES) {
    throw invalid(`the fleet's engine has more than ${MAX_NODES} nodes`);
  }
  return parts.map(readEndpoint);
}

function readEndpoint(text: string): Endpoint {
  if (text.startsWith("unix:")) {
    const socket = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (!socket.startsWith("/")) throw invalid(`${text}: the socket's path must be absolute`);
    return { base: "http://localhost", socket };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw invalid(`${text}: the engine's address starts with https:// or unix:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid(
      `${url.protocol}//${url.host}: the address must not contain a password`,
      "use --fleet-user and --fleet-password-file",
    );
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw invalid(`${text}: the engine's address is a host and a port, without a path`);
  }
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    throw invalid(
      `${text}: everyone on the way could read and change what the fleet does`,
      "use https://, or forward the port with ssh and use unix:PATH",
    );
  }
  return { base: url.origin };
}

function invalid(message: string, hint?: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message, { hint });
}
