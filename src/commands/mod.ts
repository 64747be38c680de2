import type { CommandTable } from "../cli/mod.ts";

/** Every subcommand, in the order help lists them. */
export const commands: CommandTable = {
  path: () => import("./path.ts"),
};
