import type { CommandSpec, CommandTable } from "../../cli/mod.ts";

/** Every command's spec, in the order help lists them. */
export async function allSpecs(commands: CommandTable): Promise<CommandSpec[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return loaded.map(({ command }) => command.spec);
}
