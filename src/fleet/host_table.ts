import type { DeliveryKey, FleetKey } from "./keys.ts";
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

/** Maximum number of hosts; further hosts are ignored. */
const MAX_HOSTS = 200_000;
const MAX_WINDOWS_OF_HOST = 1000;
/** Maximum length of the descriptions of all windows of a host, in characters of JSON. */
const MAX_TEXT_OF_HOST = 1024 * 1024;

interface Entry {
  readonly host: FleetHost;
  /** The length of each window's description, and of all. */
  readonly lengths: Map<string, number>;
  length: number;
}

/** The hosts of a fleet with their windows, within limits for each host. */
export class HostTable {
  readonly #entries = new Map<string, Entry>();

  hosts(): Iterable<FleetHost> {
    return this.#entries.values().map(({ host }) => host);
  }

  host(name: string): FleetHost | undefined {
    return this.#entries.get(name)?.host;
  }

  /**
   * Takes the value of a key; undefined removes it.
   *
   * @returns the host that it changed.
   */
  take(key: Exclude<FleetKey, DeliveryKey>, value: string | undefined): FleetHost | undefined {
    const entry = this.#entryOf(key.host, value !== undefined);
    if (entry === undefined) return undefined;
    const { host } = entry;
    if (key.kind === "window") takeWindow(entry, key.id, value);
    else if (key.kind === "live") host.live = value === undefined ? undefined : readLive(value);
    else host.meta = value === undefined ? undefined : readMeta(value, Date.now());
    const isKnown = host.live !== undefined || host.meta !== undefined || host.windows.size > 0;
    if (!isKnown) this.#entries.delete(host.name);
    return host;
  }

  #entryOf(name: string, isNew: boolean): Entry | undefined {
    const known = this.#entries.get(name);
    if (known !== undefined || !isNew || this.#entries.size >= MAX_HOSTS) return known;
    const entry = { host: { name, windows: new Map() }, lengths: new Map(), length: 0 };
    this.#entries.set(name, entry);
    return entry;
  }
}

function takeWindow(entry: Entry, id: string, value: string | undefined): void {
  const { host: { windows }, lengths } = entry;
  entry.length -= lengths.get(id) ?? 0;
  lengths.delete(id);
  windows.delete(id);
  // A value that has no place is not even parsed.
  if (value === undefined || windows.size >= MAX_WINDOWS_OF_HOST) return;
  const window = readWindow(value, Date.now());
  if (window === undefined) return;
  const { length } = JSON.stringify(window);
  if (entry.length + length > MAX_TEXT_OF_HOST) return;
  entry.length += length;
  lengths.set(id, length);
  windows.set(id, window);
}
