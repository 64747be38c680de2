/** `vscode_server.mjs BASE SOCKET`: VS Code's channel server with the channel `bench`. */
import net from "node:net";
import process from "node:process";
import { loadVscode } from "./vscode_socket.mjs";

const [base, path] = process.argv.slice(2);
const { ChannelServer, Emitter, Protocol, toSocket } = await loadVscode(base);
const ticks = new Emitter();
let listeners = 0;
const channel = {
  call(_context, command, arg) {
    if (command === "fire") ticks.fire(arg);
    return Promise.resolve(command === "listeners" ? listeners : arg);
  },
  listen: () => (listener) => {
    listeners++;
    const subscription = ticks.event(listener);
    return {
      dispose() {
        listeners--;
        subscription.dispose();
      },
    };
  },
};
net.createServer((socket) => {
  socket.on("error", () => {});
  const protocol = new Protocol(toSocket(socket));
  const first = protocol.onMessage(() => {
    first.dispose();
    const server = new ChannelServer(protocol, "bench");
    server.registerChannel("bench", channel);
    protocol.onDidDispose(() => server.dispose());
  });
}).listen(path);
