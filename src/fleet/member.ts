import { checkEngine, type FleetFinding } from "./check.ts";
import { Changes } from "./changes.ts";
import type { DeliveryReceiver } from "./inbox.ts";
import { Directory } from "./directory.ts";
import { type Endpoint, Engine, type EngineFiles } from "./engine/mod.ts";
import { type EngineState, Follower } from "./follower.ts";
import { Gate } from "./gate.ts";
import type { FleetHost } from "./host_table.ts";
import { Inbox } from "./inbox.ts";
import { checkFleetName, FleetKeys } from "./keys.ts";
import { Outbox } from "./outbox.ts";
import { type Published, Publisher } from "./publisher.ts";

/** The configuration of a member of a fleet. */
export interface MemberOptions {
  readonly endpoints: readonly Endpoint[];
  readonly credentials: EngineFiles;
  /** The person who owns the fleet. */
  readonly person: string;
  /** This host's name in the fleet. */
  readonly host: string;
  /** The version of sessionctl. */
  readonly version: string;
  /** Returns the data that this host publishes. */
  describe(): Promise<Published>;
  /** The names of hosts in the editors here. */
  authorityOf(host: string): string;
  /** Returns the receiver for a host's deliveries. */
  receiverOf(host: string): DeliveryReceiver;
  log(message: string): void;
}

/** Time limit for a member to leave, in milliseconds. */
const LEAVE_MS = 500;

/** The state of a member, for `fleet status`. */
export interface MemberState extends EngineState {
  readonly person: string;
  readonly host: string;
  /** The reason why this host is not published; undefined while it is. */
  readonly unpublished?: string;
}

/**
 * A host in a fleet: it publishes itself, follows the others, and sends and receives deliveries.
 * All of this continues by itself when the engine comes back.
 */
export class Member {
  readonly gate: Gate;
  /** The hosts that have changed. */
  readonly changes: Changes;
  readonly #options: MemberOptions;
  readonly #engine: Engine;
  readonly #directory: Directory;
  readonly #follower: Follower;
  readonly #publisher: Publisher;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #unpublished: string | undefined = "not yet";
  #away: EngineState | undefined;

  /**
   * Starts immediately.
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT` for an invalid name.
   */
  constructor(options: MemberOptions) {
    const { endpoints, credentials, person, host, version, describe, receiverOf, log } = options;
    checkFleetName(host, "the fleet's host");
    const keys = new FleetKeys(person);
    const engine = new Engine({ ...credentials, endpoints });
    const directory = new Directory(keys, host);
    const shared = { engine, keys, directory, host };
    this.#options = options;
    this.changes = new Changes(directory);
    this.#engine = engine;
    this.#directory = directory;
    this.#inbox = new Inbox({ ...shared, receiverOf, log });
    this.#outbox = new Outbox(shared);
    this.#publisher = new Publisher({
      ...{ engine, keys, host, version, describe },
      onState: (failure, isAway) => {
        this.#unpublished = failure;
        this.#setAway(isAway ? failure : undefined);
        if (failure !== undefined) log(`fleet: ${host} is not published: ${failure}`);
      },
    });
    directory.onHost(({ name, live }) => {
      if (name === host) this.#publisher.seeLive(live);
    });
    this.#follower = new Follower(engine, keys, directory, ({ failure }) => {
      log(failure === undefined ? "fleet: connected" : `fleet: ${failure}`);
      this.changes.tell();
    });
    const failure = () => this.#engineState.failure;
    const { authorityOf } = options;
    this.gate = new Gate({ host, directory, outbox: this.#outbox, authorityOf, failure });
  }

  /** Resolves when the directory is complete, or could not be read. */
  get first(): Promise<void> {
    return this.#follower.first;
  }

  get state(): MemberState {
    const { person, host } = this.#options;
    const unpublished = this.#unpublished;
    return { person, host, ...this.#engineState, ...unpublished && { unpublished } };
  }

  /** A node that hangs ends no watch: then the publisher is the one that misses the engine. */
  get #engineState(): EngineState {
    const { state } = this.#follower;
    return state.failure === undefined ? this.#away ?? state : state;
  }

  #setAway(failure: string | undefined): void {
    const wasAway = this.#away !== undefined;
    this.#away = failure === undefined
      ? undefined
      : { failure, since: this.#away?.since ?? Date.now() };
    if (wasAway && failure === undefined) this.#follower.restart();
    this.changes.tell();
  }

  /** All hosts, including those that are away. */
  hosts(): FleetHost[] {
    return [...this.#directory.hosts()];
  }

  /** Checks that the engine does what a fleet needs. */
  async check(): Promise<FleetFinding[]> {
    const { host, person } = this.#options;
    return await checkEngine({ engine: this.#engine, keys: new FleetKeys(person), host });
  }

  /** Listens to changes of hosts. @returns a function that stops this. */
  onHost(listener: (host: FleetHost) => void): () => void {
    return this.#directory.onHost(listener);
  }

  /** Call this when the windows of this host have changed. */
  change(): void {
    this.#publisher.change();
  }

  /** Leaves the fleet. */
  async close(): Promise<void> {
    this.gate.close();
    this.changes.close();
    this.#inbox.close();
    // An engine that hangs does not delay the end, because the leases end by themselves.
    const timer = setTimeout(() => this.#engine[Symbol.dispose](), LEAVE_MS);
    await Promise.all([this.#outbox.close(), this.#publisher.close(), this.#follower.close()]);
    clearTimeout(timer);
    this.#engine[Symbol.dispose]();
  }
}
