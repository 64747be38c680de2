import { defineCommand, ExitCode, VERSION } from "../cli/mod.ts";
import { runGuard } from "../supervisor/mod.ts";

/**
 * `sessionctl guard`: the process that `run` starts between itself and a program; not for users.
 */
export const command = defineCommand({
  name: "guard",
  summary: "Look after one program for another sessionctl",
  hidden: true,
  // The process that started it has read the config file and reported its problems.
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
