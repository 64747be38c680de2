import { defineCommand } from "../../cli/mod.ts";
import { relayConfig } from "./config.ts";
import { relayOptions } from "./options.ts";
import { runRelay } from "./run.ts";

/** `sessionctl relay`: TLS in, a Unix socket out. */
export const command = defineCommand({
  name: "relay",
  group: "servers",
  summary: "Carry TLS connections to an editor's Unix socket",
  operands: [],
  config: "strict",
  options: relayOptions,
  oneOf: [["to", "session", "route"], ["cert", "self-signed"]],
  examples: [
    {
      command: "sessionctl relay --listen 127.0.0.1:8443 --self-signed --to ~/editor.sock",
      does: "reach the editor at https://127.0.0.1:8443, with a temporary certificate",
    },
    {
      command:
        "sessionctl relay --listen :8443 --cert c.pem --key k.pem --token-file t --session ~/api",
      does: "the window that has ~/api open, for browsers that know the token",
    },
  ],
  details: [
    "SIGTERM stops accepting and waits for open connections; a second one ends them. " +
    "SIGHUP, or a change of the files, loads certificates, CAs and the token again.",
  ],
  run: ({ args, output, socket }) =>
    runRelay(relayConfig(args, { socket, verbose: output.verbose }), output),
});
