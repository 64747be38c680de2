import { defineCommand } from "../../cli/mod.ts";
import { refuseOnWindows } from "../shared/refuse_on_windows.ts";
import { connectConfig } from "./config.ts";
import { connectOptions } from "./options.ts";
import { runRelay } from "./run.ts";

/** `sessionctl relay connect`: forwards from a Unix socket to TLS. */
export const command = defineCommand({
  name: "relay connect",
  group: "servers",
  summary: "Forward connections from a Unix socket to a TLS server",
  operands: [],
  config: "strict",
  options: connectOptions,
  examples: [
    {
      command: "sessionctl relay connect --listen /tmp/me/far.sock --to far.example:8443",
      does: "reach a TLS relay on another machine through a local socket",
    },
  ],
  details: [
    "On SIGTERM, relay connect stops accepting connections and waits for the open ones; a " +
    "second SIGTERM ends them. On SIGHUP, or when the files change, it reloads the " +
    "certificate and the CA.",
  ],
  run({ args, output, socket }) {
    refuseOnWindows("relay connect");
    return runRelay(connectConfig(args, { socket, verbose: output.verbose }), output);
  },
});
