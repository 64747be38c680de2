import { resolve } from "@std/path/posix";
import {
  type ManagedService,
  REGISTRY_RUNTIME_PATH,
  type ServiceSocket,
} from "../../background/service/mod.ts";
import type { ParsedArguments } from "../../cli/mod.ts";
import { checkSocketPath, system } from "../../platform/mod.ts";
import type { RelayArguments } from "../relay/options.ts";

/** A command that a service can run. */
export type LongCommand = "serve" | "relay" | "relay connect" | "run";

export interface SocketOrder {
  readonly command: LongCommand;
  /** The arguments, including values from the config file and variables. */
  readonly args: ParsedArguments;
  /** The registry's socket, if `service install` names it. */
  readonly socket: string | undefined;
  /** The command that ends a registry. */
  readonly stop: readonly string[];
}

/**
 * The socket that the service manager binds for a service; undefined if the service must bind its
 * own.
 */
export function planSocket(
  { command, args, socket, stop }: SocketOrder,
): Pick<ManagedService, "socket" | "onDemand"> | undefined {
  if (command === "run" || command === "relay connect") return undefined;
  if (command === "relay") {
    const typed = args.typed as unknown as RelayArguments;
    const listen = relaySocket(typed);
    // A monitor of the status page must find it before the first client connects.
    return listen && { socket: listen, onDemand: typed.status === undefined };
  }
  // A supervisor restarts the registry itself, and clients detect it by its lock.
  if (args.source("supervise") === "flag" && args.flag("supervise")) return undefined;
  return { socket: { ...registrySocket(args, socket), replaces: stop }, onDemand: true };
}

function registrySocket(args: ParsedArguments, given: string | undefined): ServiceSocket {
  const named = given ?? args.value("socket") ?? system.env("SESSIONCTL_SOCKET");
  if (named === undefined) return { kind: "runtime", path: REGISTRY_RUNTIME_PATH };
  return { kind: "path", listen: checkSocketPath(resolve(named), "--socket") };
}

/**
 * A relay with a passed port is one process and leaves TLS to the runtime: several processes share
 * a port by each binding it, and `--client-ca` and `--route` need listeners that cannot be passed
 * to the runtime. systemd accepts only addresses, not names such as localhost.
 */
function relaySocket(args: RelayArguments): ServiceSocket | undefined {
  if (args.clientCa !== undefined || args.route.length > 0 || args.workers > 1) return undefined;
  const { hostname, port } = args.listen;
  const isV6 = hostname.includes(":");
  if (port === 0 || !(isV6 ? /^[0-9a-fA-F:.]+$/ : /^[0-9.]+$/).test(hostname)) return undefined;
  return { kind: "address", listen: `${isV6 ? `[${hostname}]` : hostname}:${port}` };
}
