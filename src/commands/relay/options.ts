import { resolve } from "@std/path";
import { type Arguments, durationText, option, usage } from "../../cli/mod.ts";
import { checkSocketPath } from "../../platform/mod.ts";
import {
  DEFAULT_LIMITS,
  parseAddress,
  parseAlternativeName,
  parseHostPattern,
  parseOrigin,
  type StatusAddress,
} from "../../relay/mod.ts";

const MAX_WORKERS = 256;

/** The options of both directions. */
const commonOptions = {
  alpn: option.list(option.text({
    valueName: "PROTOCOL",
    summary: "Application protocol to agree on; none for none",
    default: "http/1.1",
  })),
  maxConnections: option.count({ summary: "More wait in the kernel's queue", min: 1 }),
  handshakeTimeout: option.duration({
    summary: "For a TLS handshake",
    default: durationText(DEFAULT_LIMITS.handshakeMs),
  }),
  connectTimeout: option.duration({
    summary: "For the target to accept",
    default: durationText(DEFAULT_LIMITS.connectMs),
  }),
  idleTimeout: option.duration({
    summary: "For a connection without traffic",
    default: durationText(DEFAULT_LIMITS.idleMs),
  }),
  shutdownTimeout: option.duration({
    summary: "For open connections to end after SIGTERM",
    default: durationText(DEFAULT_LIMITS.shutdownMs),
  }),
  status: option.value(statusAddress, {
    valueName: "ADDRESS",
    example: "127.0.0.1:9443",
    summary: "Serve a status page, /healthz and /metrics on HOST:PORT or unix:PATH",
  }),
  checkPath: option.value(requestPath, {
    valueName: "PATH",
    example: "/healthz",
    summary: "Ask the target for PATH over HTTP to learn of its health",
    requires: ["status"],
  }),
  log: option.choice(["connections"], {
    valueName: "WHAT",
    summary: "connections: a line for each connection that ended (as --verbose)",
  }),
};

export type CommonArguments = Arguments<typeof commonOptions>;

/** The options of `relay`, in the order help shows them. */
export const relayOptions = {
  listen: option.value((text, what) => parseAddress(text, what, "0.0.0.0"), {
    valueName: "HOST:PORT",
    example: "127.0.0.1:8443",
    summary: "The address that TLS clients connect to",
    required: true,
  }),
  to: option.value(socketPath, {
    valueName: "SOCKET",
    kind: "socket",
    summary: "The Unix socket connections go to",
  }),
  session: option.value((text) => resolve(text), {
    valueName: "PATH",
    kind: "workspace",
    summary: "The live session that holds PATH, asked for at each connection",
  }),
  route: option.list(option.value(parseRoute, {
    valueName: "NAME=SOCKET",
    example: "a.example=/run/a.sock",
    summary: "By TLS server name (needs a build with Deno 2.9)",
  })),
  allowOwner: option.list(option.userId({ summary: "Also use sockets of this user (for root)" })),
  cert: option.file({ summary: "The certificate chain, PEM", requires: ["key"] }),
  key: option.file({
    summary: "Its private key, PEM",
    requires: ["cert"],
    conflicts: ["self-signed"],
  }),
  selfSigned: option.flag({ summary: "Make a temporary certificate for localhost" }),
  clientCa: option.file({ summary: "Clients must show a certificate of this CA" }),
  allowCn: option.list(option.value(commonName, {
    valueName: "NAME",
    summary: "Of these, only one with this common name",
    requires: ["client-ca"],
    protects: true,
  })),
  allowSan: option.list(option.value((text) => parseAlternativeName(text), {
    valueName: "NAME",
    example: "DNS:a.example",
    summary: "Of these, only one with this alternative name, as DNS:a.example",
    requires: ["client-ca"],
    protects: true,
  })),
  tokenFile: option.file({ summary: "HTTP requests need the bearer token in FILE" }),
  allowOrigin: option.list(option.value(parseOrigin, {
    valueName: "ORIGIN",
    example: "https://a.example",
    summary: "Browsers' pages of this origin may open WebSockets too",
  })),
  unauthenticated: option.flag({
    summary: "Listen to other machines without asking who they are",
  }),
  preface: option.choice(["uuid"], {
    valueName: "KIND",
    summary: "uuid: send a fresh id ahead of each connection's bytes",
  }),
  proxyProtocol: option.choice(["v1", "v2"], {
    valueName: "VERSION",
    summary: "v1 or v2: send the client's address ahead",
  }),
  // Each is a process: a slip of the finger must not fill the machine with them.
  workers: option.count({
    summary: "Processes that share the port (Linux)",
    min: 1,
    max: MAX_WORKERS,
    default: "1",
  }),
  ...commonOptions,
};

export type RelayArguments = Arguments<typeof relayOptions>;

/** The options of `relay connect`, in the order help shows them. */
export const connectOptions = {
  listen: option.socket({
    summary: "The Unix socket that programs here connect to",
    required: true,
  }),
  to: option.value((text, what) => parseAddress(text, what, "127.0.0.1"), {
    valueName: "HOST:PORT",
    example: "far.example:8443",
    summary: "The TLS server that connections go to",
    required: true,
  }),
  ca: option.file({ summary: "Trust only this CA" }),
  serverName: option.text({
    valueName: "NAME",
    summary: "The name in the server's certificate",
  }),
  clientCert: option.file({
    summary: "The certificate to show to the server",
    requires: ["client-key"],
  }),
  clientKey: option.file({ summary: "Its private key", requires: ["client-cert"] }),
  ...commonOptions,
};

export type ConnectArguments = Arguments<typeof connectOptions>;

/** @throws {SessionctlError} `USAGE` for an address or URL, which would be taken for a file's name. */
function socketPath(text: string, what: string): string {
  const isAddress =
    /^(\[[^/]*\]|[^/:]*):[0-9]{1,5}$|^[0-9]{1,5}$|^[a-z][a-z0-9+.-]*:\/\/|^(unix|tcp):/i;
  if (isAddress.test(text)) {
    throw usage(
      `${what} takes the path of a Unix socket, not ${JSON.stringify(text)}`,
      "start the editor on a socket (code-server --socket PATH) and name that; " +
        "a file of such a name is written with ./",
    );
  }
  return checkSocketPath(resolve(text), what);
}

function parseRoute(route: string, what: string): readonly [name: string, path: string] {
  const at = route.indexOf("=");
  if (at < 1) throw usage(`${what} is not NAME=SOCKET: ${JSON.stringify(route)}`);
  const path = socketPath(route.slice(at + 1), what);
  return [parseHostPattern(route.slice(0, at), what), path];
}

function commonName(text: string, what: string): string {
  if (text.trim() === "") throw usage(`${what} is empty, and no certificate has such a name`);
  return text;
}

function statusAddress(text: string, what: string): StatusAddress {
  if (!text.startsWith("unix:")) return parseAddress(text, what);
  return { path: checkSocketPath(resolve(text.slice("unix:".length)), what) };
}

function requestPath(text: string, what: string): string {
  if (/^\/[\x21-\x7e]*$/.test(text)) return text;
  throw usage(`${what} is not a path: ${JSON.stringify(text)}`, "write it like /healthz");
}
