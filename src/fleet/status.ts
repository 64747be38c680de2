import type { Member, MemberState } from "./member.ts";
import type { FleetWindow } from "./values.ts";

/** A host as `GET /v1/fleet` lists it. */
export interface ListedHost {
  readonly name: string;
  /** Whether it is live now. */
  readonly live: boolean;
  /** Whether a desktop editor runs there. */
  readonly desktop: boolean;
  /** The version of sessionctl there; null if it is not known. */
  readonly version: string | null;
  /** When it was last live, in milliseconds since the epoch; null if that is not known. */
  readonly lastSeen: number | null;
  /** The window focused last first. */
  readonly windows: readonly FleetWindow[];
}

/** What `GET /v1/fleet` answers. */
export interface FleetStatus extends MemberState {
  readonly hosts: readonly ListedHost[];
}

/** All hosts that a member knows: the live ones first, both kinds by name. */
export function listHosts(member: Member): ListedHost[] {
  return member.hosts().map(({ name, live, meta, windows }) => ({
    name,
    live: live !== undefined,
    desktop: live?.desktop ?? false,
    version: meta?.version ?? null,
    lastSeen: meta?.lastSeen ?? null,
    windows: [...windows.values()].sort((a, b) =>
      Number(b.focused) - Number(a.focused) || b.lastActive - a.lastActive
    ),
  })).sort((a, b) => Number(b.live) - Number(a.live) || (a.name < b.name ? -1 : 1));
}
