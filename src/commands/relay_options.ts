import type { OptionSpec } from "../cli/mod.ts";

const value = (name: string, valueName: string, summary: string, rest: Partial<OptionSpec> = {}) =>
  ({ name, type: "value", valueName, summary, ...rest }) as const satisfies OptionSpec;
const list = (name: string, valueName: string, summary: string, rest: Partial<OptionSpec> = {}) =>
  ({ name, type: "list", valueName, summary, ...rest }) as const satisfies OptionSpec;
const flag = (name: string, summary: string, rest: Partial<OptionSpec> = {}) =>
  ({ name, type: "flag", summary, ...rest }) as const satisfies OptionSpec;

/** The options of `relay`, in the order help shows them. */
export const relayOptions: readonly OptionSpec[] = [
  value("listen", "ADDRESS", "HOST:PORT for TLS, or unix:PATH with --connect"),
  value("to", "SOCKET", "The Unix socket connections go to", {
    kind: "socket",
    instead: ["session", "route"],
  }),
  value("session", "PATH", "The live session that holds PATH, asked for at each connection", {
    kind: "workspace",
    instead: ["to", "route"],
  }),
  list("route", "NAME=SOCKET", "By TLS server name (needs a build with Deno 2.9)", {
    instead: ["to", "session"],
  }),
  list("allow-owner", "UID", "Also use sockets of this user (for root)", { kind: "number" }),
  value("cert", "FILE", "The certificate chain, PEM", { kind: "file", instead: ["self-signed"] }),
  value("key", "FILE", "Its private key, PEM", { kind: "file", instead: ["self-signed"] }),
  flag("self-signed", "Make a throw-away certificate for localhost", { instead: ["cert", "key"] }),
  list("alpn", "PROTOCOL", "Application protocol to agree on; none for none (default http/1.1)"),
  value("client-ca", "FILE", "Clients must show a certificate of this CA", { kind: "file" }),
  list("allow-cn", "NAME", "Of these, only one with this common name"),
  list("allow-san", "NAME", "Of these, only one with this alternative name, as DNS:a.example"),
  value("token-file", "FILE", "HTTP requests need the bearer token in FILE", { kind: "file" }),
  list("allow-origin", "ORIGIN", "Browsers' pages of this origin may open WebSockets too"),
  flag("unauthenticated", "Listen to other machines without asking who they are"),
  value("preface", "KIND", "uuid: send a fresh id ahead of each connection's bytes", {
    kind: ["uuid"],
  }),
  value("proxy-protocol", "VERSION", "v1 or v2: send the client's address ahead", {
    kind: ["v1", "v2"],
  }),
  value("max-connections", "N", "More wait in the kernel's queue", { kind: "number" }),
  value("handshake-timeout", "TIME", "For a TLS handshake", { kind: "duration", default: "10s" }),
  value("connect-timeout", "TIME", "For the target to accept", { kind: "duration", default: "5s" }),
  value("idle-timeout", "TIME", "For a connection without traffic", {
    kind: "duration",
    default: "never",
  }),
  value("shutdown-timeout", "TIME", "For open connections to end after SIGTERM", {
    kind: "duration",
    default: "30s",
  }),
  value("workers", "N", "Processes that share the port (Linux)", { kind: "number", default: "1" }),
  value(
    "status",
    "ADDRESS",
    "Serve a status page, /healthz and /metrics on HOST:PORT or unix:PATH",
  ),
  value("check-path", "PATH", "Ask the target for PATH over HTTP to learn of its health"),
  value("log", "WHAT", "connections: a line for each connection that ended (as --verbose)", {
    kind: ["connections"],
  }),
  value("connect", "HOST:PORT", "The TLS server that --listen unix:PATH reaches"),
  value("ca", "FILE", "Trust only this CA for --connect", { kind: "file" }),
  value("server-name", "NAME", "The name in the server's certificate"),
  value("client-cert", "FILE", "The certificate to show to the server", { kind: "file" }),
  value("client-key", "FILE", "Its private key", { kind: "file" }),
  flag("worker", "Be a worker process of another relay", { hidden: true }),
];
