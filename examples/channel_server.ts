/**
 * A program that serves a channel on a Unix socket, without a registry.
 *
 * ```sh
 * deno run -A examples/channel_server.ts "$XDG_RUNTIME_DIR/greeter/greeter.sock"
 * sessionctl call --to "$XDG_RUNTIME_DIR/greeter/greeter.sock" greeter greet '"Ann"'
 * sessionctl call --to "$XDG_RUNTIME_DIR/greeter/greeter.sock" greeter --listen onDidGreet
 * ```
 */
import { defineService, Emitter, type Event, serveChannels } from "@sessionctl/sessionctl";

interface Greeter {
  greet(name: string): Promise<string>;
  onDidGreet: Event<{ name: string; by: string }>;
}

const [socketPath] = Deno.args;
if (socketPath === undefined) {
  console.error("usage: channel_server.ts SOCKET");
  Deno.exit(2);
}

const greeter = defineService<Greeter>("greeter");
const greeted = new Emitter<{ name: string; by: string }>();

// Each client gets a service of its own, which knows the client's name.
const listener = await serveChannels(socketPath, (peer, context) => {
  greeter.serve(peer, {
    greet(name) {
      greeted.fire({ name, by: context });
      return Promise.resolve(`Hello ${name}`);
    },
    onDidGreet: greeted.event,
  });
}, { onError: (error) => console.error(error) });

console.log(`listening on ${listener.socketPath}`);
Deno.addSignalListener("SIGINT", () => {
  listener.close();
  Deno.exit(0);
});
