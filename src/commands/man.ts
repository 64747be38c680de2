import { defineCommand, ExitCode } from "../cli/mod.ts";
import { allSpecs } from "./shared/all_specs.ts";

/** `sessionctl man`: prints the man page. */
export const command = defineCommand({
  name: "man",
  group: "setup",
  summary: "Print the man page",
  operands: [],
  options: {},
  examples: [
    { command: "sessionctl man | man -l -", does: "read the man page" },
    {
      command: "sessionctl man > ~/.local/share/man/man1/sessionctl.1",
      does: "install it for man sessionctl",
    },
  ],
  async run({ output, commands }) {
    const { manualPage } = await import("../cli/manual/mod.ts");
    const page = manualPage(await allSpecs(commands));
    if (output.json) output.value({ page });
    else output.line(page.trimEnd());
    return ExitCode.Done;
  },
});
