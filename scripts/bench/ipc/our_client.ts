/** `our_client.ts SOCKET`: the workload with our channel client. */
import { connectChannels } from "../../../src/ipc/mod.ts";
import { runWorkload } from "./workload.mjs";

await runWorkload(async () => {
  const peer = await connectChannels(Deno.args[0]!, "bench");
  const channel = peer.getChannel("bench");
  return {
    call: (command: string, arg: unknown) => channel.call(command, arg),
    listen: (event: string, listener: () => void) => channel.listen(event)(listener),
    close: () => peer.dispose(),
  };
});
