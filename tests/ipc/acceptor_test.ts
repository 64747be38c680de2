/** Our accepting sockets: the connection limit, and the removal or replacement of their file. */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { acceptStreams, type ByteStream } from "../../src/ipc/mod.ts";
import { openUnixStream } from "../../src/ipc/streams/byte_stream.ts";
import { WebSocketStream } from "../../src/ipc/streams/websocket_stream.ts";
import { boundPathOf, openDescriptors } from "../../src/platform/ffi/libc.ts";
import { fileIdentity, sameFile } from "../../src/platform/mod.ts";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";

const CHECK_MS = 20;

/** Serves each connection until its peer ends it. */
async function start(sandbox: Sandbox, maxConnections = 100) {
  let served = 0;
  const acceptor = await acceptStreams({
    socketPath: sandbox.path("run", "a.sock"),
    what: "the test's socket",
    maxConnections,
    checkMs: CHECK_MS,
    async serve(stream) {
      served++;
      while (await stream.read(new Uint8Array(10)) !== null) { /* until its end */ }
      stream.close();
    },
    onError(error) {
      throw error;
    },
  });
  sandbox.defer(() => acceptor.close());
  return { acceptor, path: acceptor.socketPath, served: () => served };
}

async function connect(sandbox: Sandbox, path: string): Promise<ByteStream> {
  const stream = await openUnixStream(path);
  sandbox.defer(() => stream.close());
  return stream;
}

Deno.test("at the limit, a connection waits until another has ended", async () => {
  await using sandbox = await makeSandbox();
  const { acceptor, path, served } = await start(sandbox, 2);
  const [first] = [await connect(sandbox, path), await connect(sandbox, path)];
  await until("two are served", () => served() === 2);
  await connect(sandbox, path);
  // Several times as long as accepting took.
  await delay(100);
  assertEquals([served(), acceptor.connectionCount], [2, 2]);
  first!.close();
  await until("the third is served", () => served() === 3);
  assertEquals(acceptor.connectionCount, 2);
});

Deno.test("a removed socket file is restored, and the former listener is closed", async () => {
  await using sandbox = await makeSandbox();
  const { path, served } = await start(sandbox);
  const listeners = () =>
    [...openDescriptors()].filter((number) => boundPathOf(number)?.startsWith(sandbox.directory))
      .length;
  assertEquals(listeners(), 1);
  Deno.removeSync(path);
  await until("it is back", () => fileIdentity(path) !== undefined);
  (await connect(sandbox, path)).close();
  await until("it is served", () => served() === 1);
  await until("the first listener is closed", () => listeners() === 1);
});

Deno.test("a file that another process put at the path is left alone", async () => {
  await using sandbox = await makeSandbox();
  const { path } = await start(sandbox);
  const other = sandbox.path("run", "other");
  Deno.writeTextFileSync(other, "theirs");
  const theirs = fileIdentity(other);
  Deno.renameSync(other, path);
  await delay(10 * CHECK_MS);
  assertEquals(sameFile(fileIdentity(path), theirs), true);
});

Deno.test("a WebSocket whose messages are not read is closed before it exhausts memory", () => {
  let closed = false;
  let paused = false;
  const stream = new WebSocketStream({
    send: () => Promise.resolve(),
    close: () => closed = true,
    pause: () => paused = true,
    resume: () => paused = false,
  });
  // The same buffer each time, which counts every time.
  const bytes = new Uint8Array(16 * 1024 * 1024);
  for (let i = 0; i < 16; i++) stream.push(bytes);
  assertEquals([paused, closed], [true, false]);
  stream.push(bytes);
  assertEquals(closed, true);
});
