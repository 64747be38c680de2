/** The cost of `open` from one machine into the editor of another. */
import type { Report } from "./lib/mod.ts";
import { SESSIONCTL, versionOf } from "./lib/mod.ts";
import { fleetFigures } from "./reach/fleet.ts";
import { linkFigures } from "./reach/links.ts";

export async function run(): Promise<Report> {
  const links = await linkFigures();
  const fleet = await fleetFigures();
  return {
    title: "Reach",
    introduction: "The cost of `open` on one machine into the editor of another.",
    versions: {
      sessionctl: await versionOf(SESSIONCTL, "--version"),
      etcd: await versionOf("etcd", "--version"),
    },
    figures: [...links.figures, ...fleet.figures],
    notes: [...links.notes ?? [], ...fleet.notes ?? []],
  };
}
