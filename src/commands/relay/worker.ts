import { defineCommand, ExitCode, VERSION } from "../../cli/mod.ts";
import { surviveErrors } from "../../platform/survive_errors.ts";
import { runWorker } from "../../relay/mod.ts";

/** `sessionctl relay worker`: one of the processes of a relay with `--workers`. */
export const command = defineCommand({
  name: "relay worker",
  summary: "Be a worker process of another relay",
  hidden: true,
  // The relay that started it has read the config file.
  config: "own",
  operands: [],
  options: {},
  examples: [
    {
      command: "sessionctl relay worker",
      does: "is started by sessionctl itself, and refused to others",
    },
  ],
  async run({ output }) {
    const log = (line: string) => output.note(line);
    using _errors = surviveErrors(log);
    await runWorker(VERSION, log);
    return ExitCode.Done;
  },
});
