import { ExitCode, type Output } from "../../cli/mod.ts";
import { type FleetChange, followFleet } from "../../fleet/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import { fleetFolders } from "./fleet_table.ts";

/** `watch --fleet`: prints the hosts and windows, then each change, until it is interrupted. */
export async function printFleetChanges(
  output: Output,
  socket: string | undefined,
): Promise<number> {
  const changes = await followFleet(socket, (isAway) => {
    output.note(isAway ? "the registry is gone; waiting for it" : "the registry is back");
  });
  for await (const change of changes) {
    if (output.json) output.value(change);
    else if (change.type !== "engine") output.line(lineOf(change));
    else if (change.failure === null) output.note("etcd answers again");
    else output.note(`etcd does not answer: ${change.failure}`);
  }
  return ExitCode.Done;
}

function lineOf(change: Exclude<FleetChange, { type: "engine" }>): string {
  const type = change.type.padEnd(8);
  if ("window" in change) {
    const { host, window } = change;
    const folders = fleetFolders(window) || "(no folder)";
    return `${type} ${printablePath(host)}  ${printablePath(window.name)}  ${folders}`;
  }
  const { name, live, desktop } = change.host;
  const state = change.type !== "present" || live ? "" : "  away";
  return `${type} ${printablePath(name)}${desktop ? "  desktop" : ""}${state}`;
}
