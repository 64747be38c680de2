/** The cost of `open` from one machine into the editor of another. */
import type { Report } from "./lib/mod.ts";
import { SESSIONCTL, versionOf } from "./lib/mod.ts";
import { linkFigures } from "./reach/links.ts";

export async function run(): Promise<Report> {
  const { figures, notes } = await linkFigures();
  return {
    title: "Reach",
    introduction: "The cost of `open` on one machine into the editor of another.",
    versions: { sessionctl: await versionOf(SESSIONCTL, "--version") },
    figures,
    notes,
  };
}
