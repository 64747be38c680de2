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
    summary: "Application protocol to negotiate; none for none",
    default: "http/1.1",
  })),
  maxConnections: option.count({
    summary: "Accept at most this many connections; others wait",
    min: 1,
  }),
  handshakeTimeout: option.duration({
    summary: "Time limit for a TLS handshake",
    default: durationText(DEFAULT_LIMITS.handshakeMs),
  }),
  connectTimeout: option.duration({
    summary: "Time limit for the target to accept",
    default: durationText(DEFAULT_LIMITS.connectMs),
  }),
  idleTimeout: option.duration({
    summary: "Close a connection after this time without traffic",
    default: "never",
  }),
  shutdownTimeout: option.duration({
    summary: "Time limit for open connections to end after SIGTERM",
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
    summary: "Check the target's health by HTTP requests for PATH",
    requires: ["status"],
  }),
  log: option.choice(["connections"], {
    valueName: "WHAT",
    summary: "connections: log a line for each connection that ended (as --verbose does)",
  }),
};

export type CommonArguments = Arguments<typeof commonOptions>;

/** The options of `relay`, in the order help shows them. */
export const relayOptions = {
  listen: option.value((text, what) => parseAddress(text, what, "0.0.0.0"), {
    valueName: "HOST:PORT",
    example: "127.0.0.1:8443",
    summary: "Address that TLS clients connect to",
    required: true,
  }),
  to: option.value(socketPath, {
    valueName: "SOCKET",
    kind: "socket",
    summary: "Unix socket to forward connections to",
  }),
  session: option.value((text) => resolve(text), {
    valueName: "PATH",
    kind: "workspace",
    summary: "Forward to the live window that holds PATH, looked up for each connection",
  }),
  route: option.list(option.value(parseRoute, {
    valueName: "NAME=SOCKET",
    example: "a.example=/run/a.sock",
    summary: "Forward by TLS server name (needs a build with Deno 2.9)",
  })),
  allowOwner: option.list(
    option.userId({ summary: "Also use sockets that this user owns (for root)" }),
  ),
  cert: option.file({ summary: "Certificate chain, PEM", requires: ["key"] }),
  key: option.file({
    summary: "Private key of the certificate, PEM",
    requires: ["cert"],
    conflicts: ["self-signed"],
  }),
  selfSigned: option.flag({ summary: "Create a temporary certificate for localhost" }),
  clientCa: option.file({ summary: "Require client certificates of this CA" }),
  allowCn: option.list(option.value(commonName, {
    valueName: "NAME",
    summary: "Accept only client certificates with this common name",
    requires: ["client-ca"],
    protects: true,
  })),
  allowSan: option.list(option.value((text) => parseAlternativeName(text), {
    valueName: "NAME",
    example: "DNS:a.example",
    summary: "Accept only client certificates with this alternative name, such as DNS:a.example",
    requires: ["client-ca"],
    protects: true,
  })),
  tokenFile: option.file({ summary: "Require the bearer token in FILE for HTTP requests" }),
  allowOrigin: option.list(option.value(parseOrigin, {
    valueName: "ORIGIN",
    example: "https://a.example",
    summary: "Also allow WebSockets from web pages of this origin",
  })),
  unauthenticated: option.flag({
    summary: "Serve other machines without authentication",
  }),
  preface: option.choice(["uuid"], {
    valueName: "KIND",
    summary: "uuid: send a new id before the data of each connection",
  }),
  proxyProtocol: option.choice(["v1", "v2"], {
    valueName: "VERSION",
    summary: "v1 or v2: send the client's address before the data",
  }),
  // Each worker is a process: a typing error must not start thousands of them.
  workers: option.count({
    summary: "Number of processes that share the port (Linux)",
    min: 1,
    max: MAX_WORKERS,
    default: "1",
  }),
  balance: option.choice(["connection", "client"], {
    valueName: "BY",
    summary: "How workers share the load: by connection, or by client, which resumes TLS sessions",
    default: "connection",
  }),
  ...commonOptions,
};

export type RelayArguments = Arguments<typeof relayOptions>;

/** The options of `relay connect`, in the order help shows them. */
export const connectOptions = {
  listen: option.socket({
    summary: "Unix socket that local programs connect to",
    required: true,
  }),
  to: option.value((text, what) => parseAddress(text, what, "127.0.0.1"), {
    valueName: "HOST:PORT",
    example: "far.example:8443",
    summary: "TLS server to forward connections to",
    required: true,
  }),
  ca: option.file({ summary: "Trust only this CA" }),
  serverName: option.text({
    valueName: "NAME",
    summary: "Expect this name in the server's certificate",
  }),
  clientCert: option.file({
    summary: "Certificate to present to the server",
    requires: ["client-key"],
  }),
  clientKey: option.file({ summary: "Private key of that certificate", requires: ["client-cert"] }),
  ...commonOptions,
};

export type ConnectArguments = Arguments<typeof connectOptions>;

/** @throws {SessionctlError} `USAGE` for an address or URL, which would otherwise name a file. */
function socketPath(text: string, what: string): string {
  const isAddress =
    /^(\[[^/]*\]|[^/:]*):[0-9]{1,5}$|^[0-9]{1,5}$|^[a-z][a-z0-9+.-]*:\/\/|^(unix|tcp):/i;
  if (isAddress.test(text)) {
    throw usage(
      `${what} takes the path of a Unix socket, not ${JSON.stringify(text)}`,
      "start the editor on a socket (code-server --socket PATH) and name that; " +
        "write a file of such a name with ./",
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
