/**
 * An HTTP server that is moved to another socket while the process has but one descriptor
 * left: `FORMER_PATH PATH`. Prints the status it answers with there, then ends.
 */
import { AcceptedDescriptors } from "../../../src/platform/ffi/accepted_descriptors.ts";
import { HttpServer } from "../../../src/http/server/mod.ts";
import { requestUnix } from "../../../src/http/mod.ts";
import { bindUnixSocket } from "../../../src/platform/mod.ts";

const [formerPath, path] = Deno.args as [string, string];
const former = bindUnixSocket(formerPath);
const server = new HttpServer({
  socket: former,
  limits: {
    headBytes: 4096,
    bodyBytes: 4096,
    requestMs: 20_000,
    idleMs: 20_000,
    writeMs: 20_000,
    connections: 10,
  },
  handler: () => ({ status: 200 }),
  onError: (error) => console.error(error),
}, new AcceptedDescriptors(former.boundPath));
const others: Deno.FsFile[] = [];
try {
  for (;;) others.push(Deno.openSync("/dev/null"));
} catch { /* None is left. */ }
others.pop()!.close();
const socket = bindUnixSocket(path);
try {
  server.moveTo(socket);
} catch (error) {
  console.error(error);
}
for (const other of others) other.close();
const { status } = await requestUnix(path, { method: "GET", target: "/", timeoutMs: 20_000 });
console.log(status);
await server.close(0);
