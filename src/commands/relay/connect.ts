import { defineCommand } from "../../cli/mod.ts";
import { connectConfig } from "./config.ts";
import { connectOptions } from "./options.ts";
import { runRelay } from "./run.ts";

/** `sessionctl relay connect`: a Unix socket in, TLS out. */
export const command = defineCommand({
  name: "relay connect",
  group: "servers",
  summary: "Carry connections of a Unix socket to a TLS server",
  operands: [],
  config: "strict",
  options: connectOptions,
  examples: [
    {
      command: "sessionctl relay connect --listen /tmp/me/far.sock --to far.example:8443",
      does: "a socket here that reaches a TLS relay elsewhere",
    },
  ],
  details: [
    "SIGTERM stops accepting and waits for open connections; a second one ends them. " +
    "SIGHUP, or a change of the files, loads the certificate and the CA again.",
  ],
  run: ({ args, output, socket }) =>
    runRelay(connectConfig(args, { socket, verbose: output.verbose }), output),
});
