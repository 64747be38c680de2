import type { CommandSpec } from "../cli/mod.ts";
import { commands } from "./mod.ts";

/** Every command's spec, in the order help lists them. */
export async function allSpecs(): Promise<CommandSpec[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return loaded.map(({ command }) => command.spec);
}
