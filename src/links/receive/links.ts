import { dirname, join } from "@std/path/posix";
import { HttpServer } from "../../http/server/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { bindUnixSocket, ensurePrivateDirectory } from "../../platform/mod.ts";
import { AcceptedDescriptors } from "../../platform/ffi/accepted_descriptors.ts";
import { isAuthority } from "../authority.ts";
import { MAX_DELIVERY_BYTES } from "../delivery.ts";
import type { LinkTerms, ReceivedDelivery } from "../protocol.ts";
import { answerDelivery } from "./answer.ts";
import { markersIn, Receiver, type ReceiverOptions } from "./receiver.ts";
import type { WindowSource } from "./windows.ts";

/**
 * A link as the registry lists it: one for each machine, as the person and the editor name it,
 * however many ssh connections it has.
 */
export interface Link extends LinkTerms {
  /** What ssh forwards to that machine. */
  readonly socketPath: string;
  /** In milliseconds since the epoch. */
  readonly madeAt: number;
  /** When the machine last asked for something, in milliseconds since the epoch; null if never. */
  readonly usedAt: number | null;
}

export interface LinksOptions {
  /** The registry's socket; the links lie beside it. */
  readonly registrySocket: string;
  readonly windows: WindowSource;
  readonly home: ReceiverOptions["home"];
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
/** More machines than a person is connected to. */
const MAX_LINKS = 256;
const MAX_DESTINATION_LENGTH = 512;
const SHUTDOWN_MS = 1000;

interface Running extends LinkTerms {
  readonly socketPath: string;
  readonly madeAt: number;
  usedAt: number | null;
  readonly server: HttpServer;
  readonly receiver: Receiver;
}

/**
 * The links of a registry: for each linked machine a socket that stands for it. Who talks on it
 * comes from that machine; so nothing that arrives has to be believed about where it is from.
 */
export class Links {
  readonly #options: LinksOptions;
  readonly #directory: string;
  readonly #running = new Map<string, Running>();

  private constructor(options: LinksOptions) {
    this.#options = options;
    this.#directory = join(dirname(options.registrySocket), "links");
  }

  /** Starts the links that a registry before this one had: their ssh connections may be live. */
  static async start(options: LinksOptions): Promise<Links> {
    const links = new Links(options);
    for (const terms of links.#earlier()) {
      await links.make(terms).catch((error) => options.log(messageOf(error)));
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
   * Makes the link to a machine, or gives the one that is there.
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT`, `IO_ERROR`, `SOCKET_PATH_INVALID`,
   * `UNSAFE_DIRECTORY`.
   */
  async make(terms: LinkTerms): Promise<Link> {
    checkTerms(terms);
    const name = await nameOf(terms);
    const known = this.#running.get(name);
    if (known) return asListed(known);
    if (this.#running.size >= MAX_LINKS) {
      throw new SessionctlError("INVALID_ARGUMENT", `there are ${MAX_LINKS} links already`);
    }
    const running = this.#start(terms, join(this.#directory, name));
    this.#running.set(name, running);
    return asListed(running);
  }

  /** @param path Of the link's files, without their extension. */
  #start({ destination, authority }: LinkTerms, path: string): Running {
    const terms = { destination, authority };
    ensurePrivateDirectory(this.#directory);
    Deno.writeTextFileSync(`${path}.json`, JSON.stringify(terms), { mode: 0o600 });
    const { windows, home, onDelivery, log } = this.#options;
    const makeMarker = markersIn(this.#directory);
    const receiver = new Receiver(terms, { windows, home, makeMarker, onDelivery });
    const socket = bindUnixSocket(`${path}.sock`, "the link's socket");
    const server = new HttpServer({
      socket,
      limits: LIMITS,
      handler: (request) => {
        running.usedAt = Date.now();
        return answerDelivery(request, receiver);
      },
      onError: (error) => log(messageOf(error)),
    }, new AcceptedDescriptors(socket.boundPath));
    const { path: socketPath } = socket;
    const running: Running = {
      ...{ ...terms, socketPath, madeAt: Date.now(), usedAt: null },
      ...{ server, receiver },
    };
    return running;
  }

  /** What the files say of the links of an earlier registry; those that say nothing are removed. */
  #earlier(): LinkTerms[] {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(this.#directory)];
    } catch {
      return []; // There was none.
    }
    return entries.filter(({ name }) => name.endsWith(".json")).flatMap(({ name }) => {
      const path = join(this.#directory, name);
      try {
        const { destination, authority } = JSON.parse(Deno.readTextFileSync(path));
        checkTerms({ destination, authority });
        return [{ destination, authority }];
      } catch {
        Deno.removeSync(path);
        return [];
      }
    });
  }

  /** Stops listening. The next registry starts the same links again. */
  async close(): Promise<void> {
    const ending = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(ending.map(({ server, receiver }) => {
      receiver.close();
      return server.close(SHUTDOWN_MS);
    }));
  }
}

function asListed({ destination, authority, socketPath, madeAt, usedAt }: Running): Link {
  return { destination, authority, socketPath, madeAt, usedAt };
}

function checkTerms({ destination, authority }: LinkTerms): void {
  const isName = typeof destination === "string" && destination !== "" &&
    destination.length <= MAX_DESTINATION_LENGTH;
  if (!isName) throw new SessionctlError("INVALID_ARGUMENT", "the link has no destination");
  if (isAuthority(authority)) return;
  throw new SessionctlError(
    "INVALID_ARGUMENT",
    "the authority is not one, such as ssh-remote+host",
  );
}

/**
 * A short name for the files of a link. A link to the same destination under another authority has
 * another name, so that an open connection never becomes one of another machine.
 */
async function nameOf({ destination, authority }: LinkTerms): Promise<string> {
  const text = JSON.stringify([destination, authority]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash, 0, 8).toHex();
}
