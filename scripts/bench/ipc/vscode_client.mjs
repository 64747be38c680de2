/** `vscode_client.mjs BASE SOCKET`: the workload with VS Code's channel client. */
import { once } from "node:events";
import net from "node:net";
import process from "node:process";
import { loadVscode } from "./vscode_socket.mjs";
import { runWorkload } from "./workload.mjs";

const [base, path] = process.argv.slice(2);
const { Client, toSocket } = await loadVscode(base);

await runWorkload(async () => {
  const socket = net.connect(path);
  await once(socket, "connect");
  const client = Client.fromSocket(toSocket(socket), "bench");
  const channel = client.getChannel("bench");
  return {
    call: (command, arg) => channel.call(command, arg),
    listen: (event, listener) => channel.listen(event)(listener),
    close: () => client.dispose(),
  };
});
process.exit();
