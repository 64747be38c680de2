import { dirname, join } from "@std/path/posix";
import { STATUS_CODE } from "@std/http/status";
import { findDesktopEditors } from "../desktop/mod.ts";
import { messageOf } from "../errors.ts";
import { type HttpRequest, HttpServer, jsonReply } from "../http/server/mod.ts";
import { DeliveryRefusal, type ReceivedDelivery } from "../links/mod.ts";
import { answerDelivery, markersIn, Receiver } from "../links/receive/mod.ts";
import {
  bindUnixSocket,
  ensurePrivateDirectory,
  FLEET_SOCKET,
  mainSocketPaths,
} from "../platform/mod.ts";
import { AcceptedDescriptors } from "../platform/ffi/accepted_descriptors.ts";
import type { Registry, ServerExtras } from "../registry/mod.ts";
import { type EngineFiles, readAddress } from "./engine/mod.ts";
import type { DeliveryReceiver } from "./inbox.ts";
import { Machines } from "./machines.ts";
import { Member } from "./member.ts";
import { type OwnedDelivery, ownerIn } from "./owned_delivery.ts";
import { ownWindows } from "./own_windows.ts";
import type { Published } from "./publisher.ts";
import { fleetStatus } from "./status.ts";

/** The configuration with which `serve` takes part in a fleet. */
export interface FleetOptions extends EngineFiles {
  /** The engine's address; see `readAddress`. */
  readonly address: string;
  /** The person who owns the fleet. */
  readonly person: string;
  /** This host's name in the fleet. */
  readonly host: string;
  /** The authorities of hosts that are not `ssh-remote+HOST` here. */
  readonly authorities: ReadonlyMap<string, string>;
  /** The hosts that may have files of any host opened here, including this host's. */
  readonly trusted: readonly string[];
  readonly registrySocket: string;
  readonly registry: Registry;
  readonly allowOwners: readonly number[];
  readonly version: string;
  onDelivery(delivery: ReceivedDelivery): void;
  log(message: string): void;
}

const LIMITS = {
  headBytes: 16 * 1024,
  bodyBytes: 1024 * 1024,
  requestMs: 40_000,
  idleMs: 20_000,
  writeMs: 10_000,
  connections: 256,
};
/** Interval of asking desktop editors for their windows, because they report no changes. */
const DESKTOP_MS = 10_000;
/** An engine that does not answer immediately must not delay the registry's start. */
const FIRST_MS = 300;
const SHUTDOWN_MS = 1000;

/**
 * Takes part in a fleet until it is closed: publishes this machine's windows, follows the others',
 * receives deliveries, and answers `open` on a socket beside the registry's.
 *
 * @throws {SessionctlError} `INVALID_ARGUMENT` for an invalid address or name;
 * `UNSAFE_DIRECTORY`, `SOCKET_PATH_INVALID`.
 */
export async function serveFleet(options: FleetOptions): Promise<ServerExtras> {
  const { registry, log } = options;
  const receivers = new Map<string, Receiver>();
  const member = startMember(options, receivers);
  const socket = bindUnixSocket(
    join(dirname(options.registrySocket), FLEET_SOCKET),
    "the fleet's socket",
  );
  const server = new HttpServer({
    socket,
    limits: LIMITS,
    handler: (request) => answerDelivery(request, member.gate),
    onError: (error) => log(messageOf(error)),
  }, new AcceptedDescriptors(socket.boundPath));
  const unsubscribe = registry.subscribe(() => member.change());
  const timer = setInterval(() => {
    if (mainSocketPaths().length > 0) member.change();
  }, DESKTOP_MS);
  await Promise.race([member.first, new Promise((resolve) => setTimeout(resolve, FIRST_MS))]);
  const list = async ({ query }: HttpRequest) =>
    jsonReply(STATUS_CODE.OK, await fleetStatus(member, query));
  const check = async () => jsonReply(STATUS_CODE.OK, { findings: await member.check() });
  return {
    routes: { "/v1/fleet": { GET: list }, "/v1/fleet/check": { POST: check } },
    // Other hosts may send a delivery at any time.
    isInUse: true,
    async close() {
      clearInterval(timer);
      unsubscribe();
      await Promise.all([server.close(SHUTDOWN_MS), member.close()]);
      for (const receiver of receivers.values()) receiver.close();
    },
  };
}

/** @param receivers Gets the receiver of each host that sends a delivery. */
function startMember(options: FleetOptions, receivers: Map<string, Receiver>): Member {
  const { address, authorities, registry, allowOwners, onDelivery, ...rest } = options;
  const directory = join(dirname(options.registrySocket), "fleet");
  ensurePrivateDirectory(directory);
  const machines = new Machines(authorities);
  const windows = { sessions: () => registry.snapshot(), allowOwners };
  const shared = {
    ...{ windows, onDelivery },
    home: { host: options.host },
    makeMarker: markersIn(directory),
  };
  return new Member({
    ...rest,
    endpoints: readAddress(address),
    credentials: options,
    describe: () => describeSelf(options, machines),
    authorityOf: (host) => machines.authorityOf(host),
    receiverOf: (host) =>
      receiverOf(host, options, (owner) => {
        const key = `${host} ${owner}`;
        const authority = machines.authorityOf(owner);
        const ownFiles = owner === options.host;
        const receiver = receivers.get(key) ??
          new Receiver({ destination: host, authority }, { ...shared, ownFiles });
        receivers.set(key, receiver);
        return { receiver, authority };
      }),
  });
}

/**
 * Receives deliveries of `host`. The key shows which host sent it; that host may know itself by
 * another authority.
 *
 * @param receiverFor The receiver for an owner's files that `host` sends.
 */
function receiverOf(
  host: string,
  { trusted, host: self }: FleetOptions,
  receiverFor: (owner: string) => { readonly receiver: Receiver; readonly authority: string },
): DeliveryReceiver {
  let used: Receiver | undefined;
  return {
    async deliver(body) {
      const owner = ownerIn(body) ?? host;
      if (owner !== host && !trusted.includes(host)) {
        throw new DeliveryRefusal(
          "not-allowed",
          `${self} opens only files of ${host} for ${host}; to allow others, run there: ` +
            `sessionctl serve --fleet-trust ${host}`,
        );
      }
      const delivery = owner === host ? body : (body as OwnedDelivery).delivery;
      const { receiver, authority } = receiverFor(owner);
      used = receiver;
      return await used.deliver({ ...delivery as Record<string, unknown>, authority });
    },
    wait: (id, ms) => used!.wait(id, ms),
  };
}

async function describeSelf(
  { host, registry, allowOwners }: FleetOptions,
  machines: Machines,
): Promise<Published> {
  const editors = mainSocketPaths().length === 0 ? [] : await findDesktopEditors({ allowOwners });
  return await ownWindows(host, machines, registry.snapshot(), editors);
}
