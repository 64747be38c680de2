import type { CommandTable } from "../cli/mod.ts";

/** Every subcommand, in the order help lists them. */
export const commands: CommandTable = {
  open: () => import("./open.ts"),
  browse: () => import("./browse.ts"),
  clipboard: () => import("./clipboard.ts"),
  extensions: () => import("./extensions.ts"),
  path: () => import("./path.ts"),
};
