/**
 * A program that calls the channel of `channel_server.ts`.
 *
 * ```sh
 * deno run -A examples/channel_client.ts "$XDG_RUNTIME_DIR/greeter/greeter.sock" Ann
 * ```
 */
import { connectChannels } from "@sessionctl/sessionctl";

const [socketPath, name] = Deno.args;
if (socketPath === undefined || name === undefined) {
  console.error("usage: channel_client.ts SOCKET NAME");
  Deno.exit(2);
}

using server = await connectChannels(socketPath, "channel_client");
const greeter = server.getChannel("greeter");
using _subscription = greeter.listen("onDidGreet")((event) => console.log(event));
// The arguments of a call are an array, as in VS Code's own proxies.
console.log(await greeter.call("greet", [name]));
