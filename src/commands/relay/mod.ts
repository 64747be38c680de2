import { defineCommand } from "../../cli/mod.ts";
import { refuseOnWindows } from "../shared/refuse_on_windows.ts";
import { relayConfig } from "./config.ts";
import { relayOptions } from "./options.ts";
import { runRelay } from "./run.ts";

/** `sessionctl relay`: forwards from TLS to a Unix socket. */
export const command = defineCommand({
  name: "relay",
  group: "servers",
  summary: "Forward TLS connections to an editor's Unix socket",
  operands: [],
  config: "strict",
  options: relayOptions,
  oneOf: [["to", "session", "route"], ["cert", "self-signed"]],
  examples: [
    {
      command: "sessionctl relay --listen 127.0.0.1:8443 --self-signed --to ~/editor.sock",
      does: "serve an editor at https://127.0.0.1:8443 with a temporary certificate",
    },
    {
      command:
        "sessionctl relay --listen :8443 --cert c.pem --key k.pem --token-file t --session ~/api",
      does: "serve the window that has ~/api open to clients with the token",
    },
  ],
  details: [
    "On SIGTERM, relay stops accepting connections and waits for the open ones; a second " +
    "SIGTERM ends them. On SIGHUP, or when the files change, relay reloads certificates, " +
    "CAs and the token.",
  ],
  run({ args, output, socket }) {
    refuseOnWindows("relay");
    return runRelay(relayConfig(args, { socket, verbose: output.verbose }), output);
  },
});
