import type { FleetHost } from "./host_table.ts";
import type { Member, MemberState } from "./member.ts";
import type { FleetWindow } from "./values.ts";

/** A window as `GET /v1/fleet` lists it. */
export interface ListedFleetWindow extends FleetWindow {
  /** An id that stays the same as long as the window is open. */
  readonly id: string;
}

/** A host as `GET /v1/fleet` lists it. */
export interface ListedHost {
  readonly name: string;
  /** Whether it is live now. */
  readonly live: boolean;
  /** Whether a desktop editor runs there. */
  readonly desktop: boolean;
  /** The version of sessionctl there; null if unknown. */
  readonly version: string | null;
  /** When it was last live, in milliseconds since the epoch; null if unknown. */
  readonly lastSeen: number | null;
  /** The window focused last first. */
  readonly windows: readonly ListedFleetWindow[];
}

/** The answer of `GET /v1/fleet`. */
export interface FleetStatus extends MemberState {
  readonly hosts: readonly ListedHost[];
  /** The state by which to ask for changes; see `FleetQuestion`. */
  readonly state: string;
  /** Whether `hosts` contains all hosts. */
  readonly complete: boolean;
  /** The hosts that are no longer known. */
  readonly gone: readonly string[];
}

/** The answer to `GET /v1/fleet?after=STATE&ms=MS`; without `after`, all hosts. */
export async function fleetStatus(member: Member, query: string): Promise<FleetStatus> {
  const parameters = new URLSearchParams(query);
  const ms = Number(parameters.get("ms"));
  const { hosts, ...rest } = await member.changes.since(parameters.get("after"), ms);
  return { ...member.state, ...rest, hosts: listHosts(hosts) };
}

/** The listed hosts: live ones first, both kinds by name. */
function listHosts(hosts: readonly FleetHost[]): ListedHost[] {
  return hosts.map(({ name, live, meta, windows }) => ({
    name,
    live: live !== undefined,
    desktop: live?.desktop ?? false,
    version: meta?.version ?? null,
    lastSeen: meta?.lastSeen ?? null,
    windows: Array.from(windows, ([id, window]) => ({ id, ...window })).sort((a, b) =>
      Number(b.focused) - Number(a.focused) || b.lastActive - a.lastActive
    ),
  })).sort((a, b) => Number(b.live) - Number(a.live) || (a.name < b.name ? -1 : 1));
}
