import type { CommandSpec, CommandTable } from "../../cli/mod.ts";

/** The specs of all commands, in the order in which help lists them. */
export async function allSpecs(commands: CommandTable): Promise<CommandSpec[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return loaded.map(({ command }) => command.spec);
}
