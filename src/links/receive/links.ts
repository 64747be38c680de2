import { dirname, join } from "@std/path/posix";
import { HttpServer } from "../../http/server/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { bindUnixSocket, ensurePrivateDirectory } from "../../platform/mod.ts";
import { AcceptedDescriptors } from "../../platform/ffi/accepted_descriptors.ts";
import { isAuthority } from "../authority.ts";
import { isRemoteFolder, MAX_DELIVERY_BYTES } from "../delivery.ts";
import type { LinkTerms, ReceivedDelivery } from "../protocol.ts";
import type { ExtraRequest } from "../extra_request.ts";
import { answerDelivery, type DeliveryService } from "./answer.ts";
import { ExtraRequests } from "./extra_requests.ts";
import { LinkFiles, type StoredLink } from "./link_files.ts";
import { findBeyond } from "./pass_on.ts";
import { markersIn, Receiver, type ReceiverOptions } from "./receiver.ts";
import type { WindowSource } from "./windows.ts";

/**
 * A link as the registry lists it: one for each machine, by the user's and the editor's names for
 * it, however many ssh connections it has.
 */
export interface Link extends LinkTerms {
  /** The socket that ssh forwards to that machine. */
  readonly socketPath: string;
  /** In milliseconds since the epoch. */
  readonly madeAt: number;
  /** When the machine last sent a request, in milliseconds since the epoch; null if never. */
  readonly usedAt: number | null;
  /** The folder on that machine for the far end of the link, as reported by the machine. */
  readonly remoteFolder?: string;
}

export interface LinksOptions {
  /** The registry's socket; the links' sockets are beside it. */
  readonly registrySocket: string;
  readonly windows: WindowSource;
  readonly home: ReceiverOptions["home"];
  /** The authorities of machines that are reached through a linked one, by `LINKED/MACHINE`. */
  readonly hops: ReadonlyMap<string, string>;
  /**
   * The requests besides deliveries that linked machines may send; without `host`, all machines.
   */
  readonly allowed: readonly { readonly request: ExtraRequest; readonly host?: string }[];
  onDelivery(delivery: ReceivedDelivery): void;
  log(message: string): void;
}

const LIMITS = {
  headBytes: 16 * 1024,
  bodyBytes: MAX_DELIVERY_BYTES,
  requestMs: 20_000,
  idleMs: 20_000,
  writeMs: 10_000,
  connections: 64,
};
/** Maximum number of links; beyond it, the link that was idle longest is removed. */
const MAX_LINKS = 256;
/** A link that was not created or used for this long is removed, in milliseconds. */
const MAX_IDLE_MS = 30 * 24 * 3600 * 1000;
/** Precision of the recorded times of use, in milliseconds. */
const NOTED_EACH_MS = 60_000;
/**
 * Number of connections without a request from the machine, after which its folder may no longer
 * exist, so that the next connection does not use it.
 */
const MAX_SILENT = 10;
const MAX_DESTINATION_LENGTH = 512;
const SHUTDOWN_MS = 1000;

interface Running {
  readonly socketPath: string;
  readonly madeAt: number;
  stored: StoredLink;
  usedAt: number | null;
  /** When it was last created or used, in milliseconds since the epoch. */
  activeAt: number;
  /** The `activeAt` of the file. */
  notedAt: number;
  /** Number of connections since the machine last sent a request. */
  silent: number;
  readonly server: HttpServer;
  readonly receiver: Receiver;
}

/**
 * The links of a registry: for each linked machine, a socket that stands for it. Its clients come
 * from that machine, so no message needs to be trusted about its origin.
 */
export class Links {
  readonly #options: LinksOptions;
  readonly #directory: string;
  readonly #files: LinkFiles;
  readonly #running = new Map<string, Running>();

  private constructor(options: LinksOptions) {
    this.#options = options;
    this.#directory = join(dirname(options.registrySocket), "links");
    this.#files = new LinkFiles(this.#directory);
  }

  /** Starts the links of the previous registry, whose ssh connections may still be live. */
  static async start(options: LinksOptions): Promise<Links> {
    const links = new Links(options);
    const found = links.#files.read(checkStored).sort((a, b) => b.activeAt - a.activeAt);
    for (const { stored, activeAt } of found) {
      const name = await nameOf(stored);
      const isOld = activeAt < Date.now() - MAX_IDLE_MS || links.size >= MAX_LINKS;
      try {
        if (isOld) links.#files.remove(name);
        else links.#start(name, stored, activeAt);
      } catch (error) {
        options.log(messageOf(error));
      }
    }
    return links;
  }

  get size(): number {
    return this.#running.size;
  }

  list(): Link[] {
    return Array.from(this.#running.values(), asListed);
  }

  /**
   * Creates the link to a machine, or returns the existing one.
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT`, `IO_ERROR`, `SOCKET_PATH_INVALID`,
   * `UNSAFE_DIRECTORY`.
   */
  async make({ destination, authority }: LinkTerms): Promise<Link> {
    const terms = { destination, authority };
    checkTerms(terms);
    const name = await nameOf(terms);
    const known = this.#running.get(name);
    if (known) {
      this.#noteActive(name, known);
      if (++known.silent > MAX_SILENT) this.#learn(name, known, undefined);
      return asListed(known);
    }
    await this.#makeRoom();
    this.#files.write(name, terms);
    return asListed(this.#start(name, terms, Date.now()));
  }

  /** Ends links that were idle for too long and, at the limit, the one that was idle longest. */
  async #makeRoom(): Promise<void> {
    const oldest = [...this.#running].sort(([, a], [, b]) => a.activeAt - b.activeAt);
    const spare = this.#running.size - MAX_LINKS + 1;
    const limit = Date.now() - MAX_IDLE_MS;
    const ending = oldest.filter(([, { activeAt }], at) => at < spare || activeAt < limit);
    await Promise.all(ending.map(async ([name, running]) => {
      this.#running.delete(name);
      this.#files.remove(name);
      await end(running);
    }));
  }

  #start(name: string, stored: StoredLink, activeAt: number): Running {
    ensurePrivateDirectory(this.#directory);
    const { windows, home, hops, onDelivery, log } = this.#options;
    const prefix = `${stored.destination}/`;
    const own = [...hops].filter(([name]) => name.startsWith(prefix));
    const receiver = new Receiver(stored, {
      ...{ windows, home, makeMarker: markersIn(this.#directory), onDelivery },
      hops: new Map(own.map(([name, authority]) => [name.slice(prefix.length), authority])),
      findBeyond: (paths) => findBeyond(stored.destination, paths),
      onRemoteFolder: (folder) => this.#learn(name, running, folder),
    });
    const service = this.#withExtras(stored, receiver);
    const socket = bindUnixSocket(join(this.#directory, `${name}.sock`), "the link's socket");
    const server = new HttpServer({
      socket,
      limits: LIMITS,
      handler: (request) => {
        running.usedAt = Date.now();
        running.silent = 0;
        this.#noteActive(name, running);
        return answerDelivery(request, service);
      },
      onError: (error) => log(messageOf(error)),
    }, new AcceptedDescriptors(socket.boundPath));
    const running: Running = {
      ...{ socketPath: socket.path, stored, madeAt: Date.now(), usedAt: null },
      ...{ activeAt, notedAt: activeAt, silent: 0, server, receiver },
    };
    this.#running.set(name, running);
    return running;
  }

  #withExtras(link: StoredLink, receiver: Receiver): DeliveryService {
    const allowed = new Set(
      this.#options.allowed.filter(({ host = link.destination }) => host === link.destination)
        .map(({ request }) => request),
    );
    const extras = new ExtraRequests(link, { ...this.#options, allowed });
    return {
      find: (body) => receiver.find(body),
      deliver: (body) => receiver.deliver(body),
      wait: (id, ms) => receiver.wait(id, ms),
      handle: (request, body) => extras.handle(request, body),
    };
  }

  #noteActive(name: string, running: Running): void {
    running.activeAt = Date.now();
    if (running.activeAt - running.notedAt < NOTED_EACH_MS) return;
    running.notedAt = running.activeAt;
    this.#files.touch(name, running.activeAt);
  }

  #learn(name: string, running: Running, remoteFolder: string | undefined): void {
    if (running.stored.remoteFolder === remoteFolder) return;
    const { destination, authority } = running.stored;
    running.stored = { destination, authority, ...remoteFolder !== undefined && { remoteFolder } };
    try {
      this.#files.write(name, running.stored);
    } catch (error) {
      this.#options.log(messageOf(error)); // The next registry learns it again.
    }
  }

  /** Stops listening. The next registry starts the same links again. */
  async close(): Promise<void> {
    const ending = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(ending.map(end));
  }
}

async function end({ receiver, server }: Running): Promise<void> {
  receiver.close();
  await server.close(SHUTDOWN_MS);
}

function asListed({ stored, socketPath, madeAt, usedAt }: Running): Link {
  return { ...stored, socketPath, madeAt, usedAt };
}

function checkStored(stored: StoredLink): void {
  checkTerms(stored);
  if (stored.remoteFolder === undefined || isRemoteFolder(stored.remoteFolder)) return;
  throw new SessionctlError("INVALID_ARGUMENT", "the folder cannot contain a socket");
}

function checkTerms({ destination, authority }: LinkTerms): void {
  const isName = typeof destination === "string" && destination !== "" &&
    destination.length <= MAX_DESTINATION_LENGTH;
  if (!isName) throw new SessionctlError("INVALID_ARGUMENT", "the link has no destination");
  if (isAuthority(authority)) return;
  throw new SessionctlError(
    "INVALID_ARGUMENT",
    "this is not an editor's authority, such as ssh-remote+host",
  );
}

/**
 * A short name for the files of a link. A link to the same destination with another authority has
 * another name, so that an open connection never becomes one to another machine.
 */
async function nameOf({ destination, authority }: LinkTerms): Promise<string> {
  const text = JSON.stringify([destination, authority]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash, 0, 8).toHex();
}
