import type { Change, KeyValue } from "./engine/mod.ts";
import type { DeliveryKey, FleetKeys } from "./keys.ts";
import {
  type FleetLive,
  type FleetMeta,
  type FleetWindow,
  readLive,
  readMeta,
  readWindow,
} from "./values.ts";

/** A host of the fleet, as known here. */
export interface FleetHost {
  readonly name: string;
  /** Its own description while it is live; undefined if it is away. */
  live?: FleetLive;
  meta?: FleetMeta;
  readonly windows: Map<string, FleetWindow>;
}

/** Called for each change of a delivery's key. */
export type DeliveryListener = (key: DeliveryKey, value: string | undefined) => void;
/** Called when a host joins, leaves, or changes its windows. */
export type HostListener = (host: FleetHost) => void;

/** Maximum number of hosts; further hosts are ignored. */
const MAX_HOSTS = 200_000;
const MAX_WINDOWS_OF_HOST = 1000;
/** Maximum length of the descriptions of all windows of a host, in characters of JSON. */
const MAX_TEXT_OF_HOST = 1024 * 1024;
/** Maximum number of requests, claims and answers for this host. */
const MAX_DELIVERIES = 10_000;

/** All hosts of a fleet, kept up to date from a snapshot and the changes after it. */
export class Directory {
  readonly #keys: FleetKeys;
  readonly #self: string;
  #hosts = new Map<string, FleetHost>();
  /** The length of each window's value, by host and window. */
  #lengths = new Map<string, Map<string, number>>();
  readonly #onDelivery = new Set<DeliveryListener>();
  readonly #onHost = new Set<HostListener>();
  /** The keys of deliveries that exist, so that a snapshot reveals those that were removed. */
  #deliveries = new Map<string, DeliveryKey>();

  /** @param self This host; deliveries between other hosts are ignored. */
  constructor(keys: FleetKeys, self: string) {
    this.#keys = keys;
    this.#self = self;
  }

  hosts(): Iterable<FleetHost> {
    return this.#hosts.values();
  }

  host(name: string): FleetHost | undefined {
    return this.#hosts.get(name);
  }

  /** Whether the host is live. */
  isLive(name: string): boolean {
    return this.#hosts.get(name)?.live !== undefined;
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

  /** Takes all keys; keys that are missing from them are gone. */
  reset(entries: Iterable<KeyValue>): void {
    const before = this.#hosts;
    const deliveries = this.#deliveries;
    this.#hosts = new Map();
    this.#lengths = new Map();
    this.#deliveries = new Map();
    for (const { key, value } of entries) this.#take(key, value);
    for (const [key, gone] of deliveries) {
      if (!this.#deliveries.has(key)) this.#tellDelivery(gone, undefined);
    }
    for (const [name, host] of before) {
      if (!this.#hosts.has(name)) this.#tellHost({ name: host.name, windows: new Map() });
    }
    for (const host of this.#hosts.values()) this.#tellHost(host);
  }

  /** Takes one change. */
  apply({ key, value }: Change): void {
    const host = this.#take(key, value);
    if (host !== undefined) this.#tellHost(host);
  }

  /** @returns the host that it changed. */
  #take(key: string, value: string | undefined): FleetHost | undefined {
    const read = this.#keys.read(key);
    if (read === undefined) return undefined;
    if (read.kind === "to" || read.kind === "claim" || read.kind === "re") {
      if (read.host !== this.#self && read.peer !== this.#self) return undefined;
      if (value === undefined) this.#deliveries.delete(key);
      else if (this.#deliveries.size < MAX_DELIVERIES) this.#deliveries.set(key, read);
      this.#tellDelivery(read, value);
      return undefined;
    }
    const host = this.#hostOf(read.host, value !== undefined);
    if (host === undefined) return undefined;
    if (read.kind === "window") this.#takeWindow(host, read.id, value);
    else if (read.kind === "live") host.live = value === undefined ? undefined : readLive(value);
    else host.meta = value === undefined ? undefined : readMeta(value, Date.now());
    const isKnown = host.live !== undefined || host.meta !== undefined || host.windows.size > 0;
    if (!isKnown) {
      this.#hosts.delete(host.name);
      this.#lengths.delete(host.name);
    }
    return host;
  }

  #takeWindow(host: FleetHost, id: string, value: string | undefined): void {
    const lengths = this.#lengths.get(host.name) ?? new Map<string, number>();
    this.#lengths.set(host.name, lengths);
    lengths.delete(id);
    host.windows.delete(id);
    const window = value === undefined ? undefined : readWindow(value, Date.now());
    if (window === undefined || lengths.size >= MAX_WINDOWS_OF_HOST) return;
    const length = JSON.stringify(window).length;
    const others = lengths.values().reduce((sum, each) => sum + each, 0);
    if (others + length > MAX_TEXT_OF_HOST) return;
    lengths.set(id, length);
    host.windows.set(id, window);
  }

  #hostOf(name: string, isNew: boolean): FleetHost | undefined {
    const known = this.#hosts.get(name);
    if (known !== undefined || !isNew || this.#hosts.size >= MAX_HOSTS) return known;
    const host: FleetHost = { name, windows: new Map() };
    this.#hosts.set(name, host);
    return host;
  }

  #tellDelivery(key: DeliveryKey, value: string | undefined): void {
    for (const listener of [...this.#onDelivery]) listener(key, value);
  }

  #tellHost(host: FleetHost): void {
    for (const listener of [...this.#onHost]) listener(host);
  }
}
