import { formatAge } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import type { FleetWindow, ListedHost } from "../../fleet/mod.ts";
import { printablePath } from "../../platform/mod.ts";

/** The hosts of a fleet as lines of a table, including the head. */
export async function hostTable(hosts: readonly ListedHost[], now: number): Promise<string[]> {
  const rows = hosts.map((host) => [
    printablePath(host.name),
    stateOf(host, now),
    host.desktop ? "desktop" : "",
    String(host.windows.length),
    printablePath(host.version ?? ""),
  ]);
  return await tableLines([["HOST", "STATE", "EDITOR", "WINDOWS", "VERSION"], ...rows]);
}

/** The windows of all hosts as lines of a table, including the head. */
export async function fleetWindowTable(
  hosts: readonly ListedHost[],
  now: number,
): Promise<string[]> {
  const rows = hosts.flatMap((host) =>
    host.windows.map((window) => [
      printablePath(host.name),
      printablePath(window.name),
      focusOf(window, now),
      fleetFolders(window),
    ])
  );
  return await tableLines([["HOST", "EDITOR", "FOCUS", "FOLDER"], ...rows]);
}

/** The folders of a window as `HOST:PATH`. */
export function fleetFolders({ folders }: FleetWindow): string {
  return folders.map(({ host, path }) => printablePath(`${host}:${path}`)).join(", ");
}

function stateOf({ live, lastSeen }: ListedHost, now: number): string {
  if (live) return "live";
  return lastSeen === null ? "away" : `away, seen ${formatAge(Math.max(now - lastSeen, 0))} ago`;
}

function focusOf({ focused, lastActive }: FleetWindow, now: number): string {
  if (focused) return "now";
  return lastActive === 0 ? "" : formatAge(Math.max(now - lastActive, 0));
}
