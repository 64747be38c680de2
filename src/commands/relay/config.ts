import { usage } from "../../cli/mod.ts";
import type { ForwardTarget, RelayConfig } from "../../relay/mod.ts";
import { finiteLimits } from "../shared/arguments.ts";
import type { CommonArguments, ConnectArguments, RelayArguments } from "./options.ts";

/** The context of a relay besides its options. */
export interface RelayContext {
  /** The registry's socket for `--session`; found by the usual rules by default. */
  readonly socket: string | undefined;
  /** Whether to log each connection. */
  readonly verbose: boolean;
}

/**
 * Converts the arguments of `relay` to its configuration.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function relayConfig(args: RelayArguments, context: RelayContext): RelayConfig {
  const { cert, key } = args;
  return {
    direction: "forward",
    listen: args.listen,
    files: cert === undefined || key === undefined ? undefined : { cert, key },
    target: targetOf(args),
    allowOwners: args.allowOwner,
    clients: {
      clientCaPath: args.clientCa,
      allowCn: args.allowCn,
      allowSan: args.allowSan,
      tokenPath: args.tokenFile,
      allowOrigins: args.allowOrigin,
      unauthenticated: args.unauthenticated,
    },
    preface: args.preface !== undefined,
    proxyProtocol: args.proxyProtocol,
    balance: args.balance,
    ...commonConfig(args, args.workers, context),
  };
}

/**
 * Converts the arguments of `relay connect` to its configuration.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function connectConfig(args: ConnectArguments, context: RelayContext): RelayConfig {
  const { clientCert: cert, clientKey: key } = args;
  return {
    direction: "reverse",
    listenPath: args.listen,
    connect: args.to,
    serverName: args.serverName,
    caPath: args.ca,
    files: cert === undefined || key === undefined ? undefined : { cert, key },
    ...commonConfig(args, 1, context),
  };
}

function targetOf({ to, session, route }: RelayArguments): ForwardTarget {
  if (to !== undefined) return { kind: "socket", path: to };
  if (session !== undefined) return { kind: "session", path: session };
  const twice = route.find(([name], at) => route.findIndex(([other]) => other === name) < at);
  if (twice) throw usage(`--route names ${twice[0]} twice`);
  return { kind: "routes", routes: Object.fromEntries(route) };
}

function commonConfig(args: CommonArguments, workers: number, context: RelayContext) {
  const { maxConnections } = args;
  if (maxConnections !== undefined && maxConnections < workers) {
    throw usage("--max-connections must let each worker have one connection");
  }
  return {
    alpn: args.alpn.filter((name) => name !== "none"),
    limits: {
      ...maxConnections !== undefined && { maxConnections },
      ...finiteLimits({
        handshakeMs: args.handshakeTimeout,
        connectMs: args.connectTimeout,
        idleMs: args.idleTimeout,
        shutdownMs: args.shutdownTimeout,
      }),
    },
    workers,
    registrySocket: context.socket,
    checkPath: args.checkPath,
    status: args.status,
    logConnections: context.verbose || args.log === "connections",
  };
}
