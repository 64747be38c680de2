import { defineCommand, ExitCode, VERSION } from "../cli/mod.ts";
import { runGuard } from "../supervisor/mod.ts";

/** `sessionctl guard`: what `run` puts between itself and a program. Nobody calls it by hand. */
export const command = defineCommand({
  name: "guard",
  summary: "Look after one program for another sessionctl",
  hidden: true,
  // Whoever started it has read the config file, and told what is wrong in it.
  config: "own",
  operands: [],
  options: {},
  examples: [
    {
      command: "sessionctl guard",
      does: "is started by sessionctl itself, and refused to others",
    },
  ],
  async run() {
    await runGuard(VERSION);
    return ExitCode.Done;
  },
});
