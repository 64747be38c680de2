import { type Arguments, type CommandContext, option } from "../../cli/mod.ts";
import { start } from "../shared/arguments.ts";
import { targetOptions } from "../shared/editor_target.ts";

/** The options of `sessionctl companion`. */
export const options = {
  ...targetOptions,
  all: option.flag({
    summary: "With install and uninstall: every window that is found",
    conflicts: ["to", "program"],
    oneCall: true,
  }),
  program: option.named("program", {
    valueName: "PROGRAM",
    summary: "With install and uninstall: a desktop editor, by its program (code, codium, cursor)",
    conflicts: ["to"],
    oneCall: true,
  }),
  start,
};

/** The context of `sessionctl companion`. */
export type CompanionContext = CommandContext<Arguments<typeof options>>;
