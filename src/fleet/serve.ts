import { dirname, join } from "@std/path/posix";
import { STATUS_CODE } from "@std/http/status";
import { findDesktopEditors } from "../desktop/mod.ts";
import { messageOf } from "../errors.ts";
import { type HttpReply, type HttpRequest, HttpServer, jsonReply } from "../http/server/mod.ts";
import { loadReceivers, type ReceivedDelivery } from "../links/mod.ts";
import {
  bindUnixSocket,
  ensurePrivateDirectory,
  FLEET_SOCKET,
  mainSocketPaths,
} from "../platform/mod.ts";
import { AcceptedDescriptors } from "../platform/ffi/accepted_descriptors.ts";
import type { Registry } from "../registry/mod.ts";
import type { EngineFiles } from "./engine/mod.ts";
import { readAddress } from "./engine/mod.ts";
import { Machines } from "./machines.ts";
import { Member } from "./member.ts";
import { ownWindows } from "./own_windows.ts";
import type { Published } from "./publisher.ts";
import { listHosts } from "./status.ts";

/** How `serve` takes part in a fleet. */
export interface FleetOptions extends EngineFiles {
  /** The engine's address; see `readAddress`. */
  readonly address: string;
  /** Whose fleet it is. */
  readonly person: string;
  /** This host's name in the fleet. */
  readonly host: string;
  /** The authorities of hosts that are not `ssh-remote+HOST` here. */
  readonly authorities: ReadonlyMap<string, string>;
  readonly registrySocket: string;
  readonly registry: Registry;
  readonly allowOwners: readonly number[];
  readonly version: string;
  onDelivery(delivery: ReceivedDelivery): void;
  log(message: string): void;
}

/** What `serve` adds to its registry's server. */
export interface ServedFleet {
  readonly routes: Readonly<
    Record<string, Record<string, (request: HttpRequest) => HttpReply | Promise<HttpReply>>>
  >;
  readonly isInUse: boolean;
  close(): Promise<void>;
}

const LIMITS = {
  headBytes: 16 * 1024,
  bodyBytes: 1024 * 1024,
  requestMs: 40_000,
  idleMs: 20_000,
  writeMs: 10_000,
  connections: 256,
};
/** How often desktop editors are asked for their windows: nothing tells that they change. */
const DESKTOP_MS = 10_000;
/** An engine that does not answer at once does not hold up the registry's start. */
const FIRST_MS = 300;
const SHUTDOWN_MS = 1000;

/**
 * Takes part in a fleet until it is closed: publishes this machine's windows, follows the others',
 * receives deliveries, and answers `open` on a socket beside the registry's.
 *
 * @throws {SessionctlError} `INVALID_ARGUMENT` for an address or a name that is none;
 * `UNSAFE_DIRECTORY`, `SOCKET_PATH_INVALID`.
 */
export async function serveFleet(options: FleetOptions): Promise<ServedFleet> {
  const { registry, log } = options;
  const member = await startMember(options);
  const socket = bindUnixSocket(
    join(dirname(options.registrySocket), FLEET_SOCKET),
    "the fleet's socket",
  );
  const server = new HttpServer({
    socket,
    limits: LIMITS,
    handler: (request) => member.gate.handle(request),
    onError: (error) => log(messageOf(error)),
  }, new AcceptedDescriptors(socket.boundPath));
  const unsubscribe = registry.subscribe(() => member.change());
  const timer = setInterval(() => {
    if (mainSocketPaths().length > 0) member.change();
  }, DESKTOP_MS);
  await Promise.race([member.first, new Promise((resolve) => setTimeout(resolve, FIRST_MS))]);
  const list = () => jsonReply(STATUS_CODE.OK, { ...member.state, hosts: listHosts(member) });
  return {
    routes: { "/v1/fleet": { GET: list } },
    // Other hosts may send something at any time.
    isInUse: true,
    async close() {
      clearInterval(timer);
      unsubscribe();
      await Promise.all([server.close(SHUTDOWN_MS), member.close()]);
    },
  };
}

async function startMember(options: FleetOptions): Promise<Member> {
  const { address, authorities, registry, allowOwners, onDelivery, ...rest } = options;
  const { markersIn, Receiver } = await loadReceivers();
  const directory = join(dirname(options.registrySocket), "fleet");
  ensurePrivateDirectory(directory);
  const machines = new Machines(authorities);
  const windows = { sessions: () => registry.snapshot(), allowOwners };
  const home = { host: options.host };
  const makeMarker = markersIn(directory);
  const receivers = new Map<string, InstanceType<typeof Receiver>>();
  const makeReceiver = (destination: string) => {
    const terms = { destination, authority: machines.authorityOf(destination) };
    const receiver = new Receiver(terms, { windows, home, makeMarker, onDelivery });
    receivers.set(destination, receiver);
    return {
      // The key says which host sent it; by which name that host knows itself does not matter.
      deliver: (body: unknown) =>
        receiver.deliver({ ...body as Record<string, unknown>, authority: terms.authority }),
      wait: (id: string, ms: number) => receiver.wait(id, ms),
    };
  };
  const made = new Map<string, ReturnType<typeof makeReceiver>>();
  return new Member({
    ...rest,
    endpoints: readAddress(address),
    credentials: options,
    describe: () => describeSelf(options, machines),
    receiverOf(host) {
      const known = made.get(host) ?? makeReceiver(host);
      made.set(host, known);
      return known;
    },
  });
}

async function describeSelf(
  { host, registry, allowOwners }: FleetOptions,
  machines: Machines,
): Promise<Published> {
  const editors = mainSocketPaths().length === 0 ? [] : await findDesktopEditors({ allowOwners });
  return await ownWindows(host, machines, registry.snapshot(), editors);
}
