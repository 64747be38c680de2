import { type Arguments, type CommandContext, option } from "../../cli/mod.ts";
import { start } from "../shared/arguments.ts";
import { targetOptions } from "../shared/editor_target.ts";

/** The options of `sessionctl companion`. */
export const options = {
  ...targetOptions,
  all: option.flag({
    summary: "Use every window that is found (with install or uninstall)",
    conflicts: ["to", "program"],
    oneCall: true,
  }),
  program: option.named("program", {
    valueName: "PROGRAM",
    summary: "Use a desktop editor, by its program, such as code (with install or uninstall)",
    conflicts: ["to"],
    oneCall: true,
  }),
  start,
};

/** The context of `sessionctl companion`. */
export type CompanionContext = CommandContext<Arguments<typeof options>>;
