import type { CommandSpec } from "../cli/mod.ts";

/** The specs of all commands, in the order help lists them. Loads every command. */
export async function allSpecs(): Promise<CommandSpec[]> {
  const { commands } = await import("./mod.ts");
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return loaded.map(({ command }) => command.spec);
}
