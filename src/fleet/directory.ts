import type { Change, KeyValue } from "./engine/mod.ts";
import { type FleetHost, HostTable } from "./host_table.ts";
import type { DeliveryKey, FleetKey, FleetKeys } from "./keys.ts";

/** Called for each change of a delivery's key. */
export type DeliveryListener = (key: DeliveryKey, value: string | undefined) => void;
/** Called when a host joins, leaves, or changes its windows. */
export type HostListener = (host: FleetHost) => void;

/** Maximum number of requests, claims and answers for this host. */
const MAX_DELIVERIES = 10_000;

/** All keys of a fleet at one revision, which a directory takes piece by piece. */
export interface FleetSnapshot {
  take(entry: KeyValue): void;
  /** Makes the directory contain these keys and no others. */
  complete(): void;
}

/** All hosts of a fleet, kept up to date from a snapshot and the changes after it. */
export class Directory {
  readonly #keys: FleetKeys;
  readonly #self: string;
  #hosts = new HostTable();
  readonly #onDelivery = new Set<DeliveryListener>();
  readonly #onHost = new Set<HostListener>();
  /** The keys of deliveries that exist, so that a snapshot reveals those that were removed. */
  readonly #deliveries = new Map<string, DeliveryKey>();

  /** @param self This host; deliveries between other hosts are ignored. */
  constructor(keys: FleetKeys, self: string) {
    this.#keys = keys;
    this.#self = self;
  }

  hosts(): Iterable<FleetHost> {
    return this.#hosts.hosts();
  }

  host(name: string): FleetHost | undefined {
    return this.#hosts.host(name);
  }

  /** Whether the host is live. */
  isLive(name: string): boolean {
    return this.#hosts.host(name)?.live !== undefined;
  }

  /** Listens to changes of deliveries. @returns a function that stops this. */
  onDelivery(listener: DeliveryListener): () => void {
    this.#onDelivery.add(listener);
    return () => this.#onDelivery.delete(listener);
  }

  /** Listens to changes of hosts. @returns a function that stops this. */
  onHost(listener: HostListener): () => void {
    this.#onHost.add(listener);
    return () => this.#onHost.delete(listener);
  }

  /** Begins to take a snapshot. The directory stays as it is until the snapshot is complete. */
  beginSnapshot(): FleetSnapshot {
    const hosts = new HostTable();
    const deliveries = new Map<string, { readonly read: DeliveryKey; readonly value: string }>();
    return {
      take: ({ key, value }) => {
        const read = this.#keys.read(key);
        if (read === undefined) return;
        if (!isDelivery(read)) hosts.take(read, value);
        else if (this.#concerns(read)) deliveries.set(key, { read, value });
      },
      complete: () => {
        const gone = [...this.#deliveries].filter(([key]) => !deliveries.has(key));
        this.#deliveries.clear();
        for (const [key, { read, value }] of deliveries) this.#takeDelivery(key, read, value);
        for (const [, read] of gone) this.#tellDelivery(read, undefined);
        this.#replaceHosts(hosts);
      },
    };
  }

  #replaceHosts(hosts: HostTable): void {
    const before = this.#hosts;
    this.#hosts = hosts;
    for (const { name } of before.hosts()) {
      if (hosts.host(name) === undefined) this.#tellHost({ name, windows: new Map() });
    }
    for (const host of hosts.hosts()) this.#tellHost(host);
  }

  /** Takes one change. */
  apply({ key, value }: Change): void {
    const read = this.#keys.read(key);
    if (read === undefined) return;
    if (isDelivery(read)) {
      if (this.#concerns(read)) this.#takeDelivery(key, read, value);
      return;
    }
    const host = this.#hosts.take(read, value);
    if (host !== undefined) this.#tellHost(host);
  }

  #concerns({ host, peer }: DeliveryKey): boolean {
    return host === this.#self || peer === this.#self;
  }

  #takeDelivery(key: string, read: DeliveryKey, value: string | undefined): void {
    if (value === undefined) this.#deliveries.delete(key);
    else if (this.#deliveries.size < MAX_DELIVERIES) this.#deliveries.set(key, read);
    this.#tellDelivery(read, value);
  }

  #tellDelivery(key: DeliveryKey, value: string | undefined): void {
    for (const listener of [...this.#onDelivery]) listener(key, value);
  }

  #tellHost(host: FleetHost): void {
    for (const listener of [...this.#onHost]) listener(host);
  }
}

function isDelivery(key: FleetKey): key is DeliveryKey {
  return key.kind === "to" || key.kind === "claim" || key.kind === "re";
}
