/** `our_server.ts SOCKET`: our channel server with the channel `bench`. */
import { acceptChannels, ChannelPeer, Emitter, type ServerChannel } from "../../../src/ipc/mod.ts";
import { toByteStream } from "../../../src/ipc/streams/byte_stream.ts";

const ticks = new Emitter<unknown>();
const channel: ServerChannel = {
  call(command, arg) {
    if (command === "fire") ticks.fire(arg);
    return Promise.resolve(command === "listeners" ? ticks.size : arg);
  },
  listen: () => ticks.event,
};
for await (const conn of Deno.listen({ transport: "unix", path: Deno.args[0]! })) {
  acceptChannels(toByteStream(conn), {
    onPeer(connection, context) {
      const peer = new ChannelPeer(connection, context);
      peer.registerChannel("bench", channel);
      return peer;
    },
  });
}
