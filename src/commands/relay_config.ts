import { resolve } from "@std/path";
import { type ParsedArguments, parseDuration, usage } from "../cli/mod.ts";
import { checkSocketPath } from "../platform/mod.ts";
import {
  DEFAULT_LIMITS,
  type ForwardConfig,
  parseAddress,
  parseAlternativeName,
  parseHostPattern,
  parseOrigin,
  type ProxyProtocol,
  type RelayConfig,
  type RelayLimits,
  type ReverseConfig,
  type Target,
} from "../relay/mod.ts";
import { parseUserIds } from "./arguments.ts";

const MAX_WORKERS = 256;

/**
 * What the arguments of `relay` ask for.
 *
 * @param socket The registry's socket, for `--session`; found by the usual rules unless given.
 * @param verbose Whether each connection is told of.
 * @throws {SessionctlError} `USAGE`, `SOCKET_PATH_INVALID`.
 */
export function relayConfig(
  args: ParsedArguments,
  socket: string | undefined,
  verbose: boolean,
): RelayConfig {
  const config = args.value("listen")?.startsWith("unix:")
    ? reverseConfig(args, socket)
    : forwardConfig(args, socket);
  return { ...config, logConnections: verbose || args.value("log") === "connections" };
}

function required(args: ParsedArguments, name: string): string {
  const value = args.value(name);
  if (value === undefined) throw usage(`relay needs --${name}`, "sessionctl relay --help");
  return value;
}

/** Refuses options that mean nothing in this direction. */
function refuseOptions(args: ParsedArguments, names: readonly string[], why: string): void {
  for (const name of names) {
    // The config file and the environment may be for the other one.
    if (args.source(name) !== "flag") continue;
    if (args.flag(name) || args.list(name).length > 0) {
      throw usage(`--${name} means nothing ${why}`);
    }
  }
}

function forwardConfig(args: ParsedArguments, socket: string | undefined) {
  refuseOptions(
    args,
    ["connect", "ca", "server-name", "client-cert", "client-key"],
    "without --listen unix:PATH",
  );
  const config: ForwardConfig = {
    direction: "forward",
    listen: parseAddress(required(args, "listen"), "--listen", "0.0.0.0"),
    files: certificateFiles(args),
    target: targetOf(args),
    allowOwners: parseUserIds(args.list("allow-owner")),
    clients: {
      clientCaPath: args.value("client-ca"),
      allowCn: args.list("allow-cn").map(commonName),
      allowSan: args.list("allow-san").map(parseAlternativeName),
      tokenPath: args.value("token-file"),
      allowOrigins: args.list("allow-origin").map((one) => parseOrigin(one, "--allow-origin")),
      unauthenticated: args.flag("unauthenticated"),
    },
    preface: args.value("preface") !== undefined,
    proxyProtocol: args.value("proxy-protocol") as ProxyProtocol | undefined,
  };
  const { clientCaPath, allowCn, allowSan } = config.clients;
  if (clientCaPath === undefined && allowCn.length + allowSan.length > 0) {
    throw usage("--allow-cn and --allow-san need --client-ca");
  }
  return { ...config, ...common(args, socket) };
}

function certificateFiles(args: ParsedArguments): ForwardConfig["files"] {
  const cert = args.value("cert");
  const key = args.value("key");
  if (args.flag("self-signed")) {
    if (cert !== undefined || key !== undefined) {
      throw usage("--self-signed makes its own certificate: leave --cert and --key out");
    }
    return undefined;
  }
  if (cert === undefined || key === undefined) {
    throw usage("relay needs --cert and --key", "or --self-signed, for a throw-away certificate");
  }
  return { cert, key };
}

function targetOf(args: ParsedArguments): Target {
  const to = args.value("to");
  const session = args.value("session");
  const routes = args.list("route");
  const given = [to !== undefined, session !== undefined, routes.length > 0].filter(Boolean);
  if (given.length !== 1) throw usage("relay needs one of --to, --session and --route");
  if (to !== undefined) return { kind: "socket", path: socketPath(to, "--to") };
  if (session !== undefined) return { kind: "session", path: resolve(session) };
  const named = routes.map(parseRoute);
  const twice = named.find(([name], i) => named.findIndex(([other]) => other === name) < i);
  if (twice) throw usage(`--route names ${twice[0]} twice`);
  return { kind: "routes", routes: Object.fromEntries(named) };
}

/** @throws {SessionctlError} `USAGE` for an address or URL, which would be taken for a file's name. */
function socketPath(text: string, option: string): string {
  const isAddress =
    /^(\[[^/]*\]|[^/:]*):[0-9]{1,5}$|^[0-9]{1,5}$|^[a-z][a-z0-9+.-]*:\/\/|^(unix|tcp):/i;
  if (isAddress.test(text)) {
    throw usage(
      `${option} takes the path of a Unix socket, not ${JSON.stringify(text)}`,
      "start the editor on a socket (code-server --socket PATH) and name that; " +
        "a file of such a name is written with ./",
    );
  }
  return checkSocketPath(resolve(text), option);
}

function commonName(text: string): string {
  if (text.trim() === "") throw usage("--allow-cn is empty, and no certificate has such a name");
  return text;
}

function parseRoute(route: string): [string, string] {
  const at = route.indexOf("=");
  if (at < 1) throw usage(`--route is not NAME=SOCKET: ${JSON.stringify(route)}`);
  const path = socketPath(route.slice(at + 1), "--route");
  return [parseHostPattern(route.slice(0, at), "--route"), path];
}

function reverseConfig(args: ParsedArguments, socket: string | undefined) {
  refuseOptions(args, [
    "cert",
    "key",
    "self-signed",
    "to",
    "session",
    "route",
    "preface",
    "proxy-protocol",
    "client-ca",
    "allow-cn",
    "allow-san",
    "token-file",
    "allow-origin",
    "allow-owner",
    "workers",
    "unauthenticated",
  ], "with --listen unix:PATH");
  const cert = args.value("client-cert");
  const key = args.value("client-key");
  if ((cert === undefined) !== (key === undefined)) {
    throw usage("--client-cert and --client-key go together");
  }
  const config: ReverseConfig = {
    direction: "reverse",
    listenPath: checkSocketPath(resolve(required(args, "listen").slice(5)), "--listen"),
    connect: parseAddress(required(args, "connect"), "--connect", "127.0.0.1"),
    serverName: args.value("server-name"),
    caPath: args.value("ca"),
    files: cert !== undefined && key !== undefined ? { cert, key } : undefined,
  };
  return { ...config, ...common(args, socket), workers: 1 };
}

function common(args: ParsedArguments, socket: string | undefined) {
  const chosen = args.list("alpn");
  const status = args.value("status");
  const limits = limitsOf(args);
  const workers = count(args, "workers", 1);
  // Each is a process: a slip of the finger must not fill the machine with them.
  if (workers > MAX_WORKERS) throw usage(`--workers is at most ${MAX_WORKERS}`);
  if (limits.maxConnections < workers) {
    throw usage("--max-connections must let each worker have one connection");
  }
  return {
    alpn: chosen.length === 0 ? ["http/1.1"] : chosen.filter((name) => name !== "none"),
    limits,
    workers,
    registrySocket: socket,
    checkPath: checkPath(args),
    status: status === undefined
      ? undefined
      : status.startsWith("unix:")
      ? { path: checkSocketPath(resolve(status.slice(5)), "--status") }
      : parseAddress(status, "--status"),
  };
}

function checkPath(args: ParsedArguments): string | undefined {
  const path = args.value("check-path");
  if (path === undefined) return undefined;
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw usage(`--check-path is not a path: ${JSON.stringify(path)}`, "write it like /healthz");
  }
  if (args.value("status") === undefined) throw usage("--check-path needs --status");
  return path;
}

function limitsOf(args: ParsedArguments): RelayLimits {
  const duration = (name: string, fallback: number) => {
    const text = args.value(name);
    return text === undefined ? fallback : parseDuration(text, `--${name}`);
  };
  return {
    maxConnections: count(args, "max-connections", DEFAULT_LIMITS.maxConnections),
    handshakeMs: duration("handshake-timeout", DEFAULT_LIMITS.handshakeMs),
    connectMs: duration("connect-timeout", DEFAULT_LIMITS.connectMs),
    idleMs: duration("idle-timeout", DEFAULT_LIMITS.idleMs),
    shutdownMs: duration("shutdown-timeout", DEFAULT_LIMITS.shutdownMs),
  };
}

function count(args: ParsedArguments, name: string, fallback: number): number {
  const text = args.value(name);
  if (text === undefined) return fallback;
  if (!/^[1-9][0-9]{0,6}$/.test(text)) {
    throw usage(`--${name} is not a number from 1 on: ${JSON.stringify(text)}`);
  }
  return Number(text);
}
