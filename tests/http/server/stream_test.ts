/** Bodies that are streams: their producer learns when the peer has gone. */
import { makeSandbox, type Sandbox } from "../../support/mod.ts";
import { connectRaw, startHttpServer } from "../../support/raw_http.ts";

/** A server that answers a first request, when allowed, with an endless stream. */
async function askForStream(sandbox: Sandbox) {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([65])),
    cancel: () => cancelled.resolve(),
  });
  const { path, server } = startHttpServer(sandbox, {}, async () => {
    asked.resolve();
    await gate.promise;
    return { status: 200, body };
  });
  const connection = await connectRaw(sandbox, path);
  await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await asked.promise;
  return { connection, server, answer: gate.resolve, cancelled: cancelled.promise };
}

Deno.test("a peer that leaves before its stream begins does not count as a subscriber", async () => {
  await using sandbox = await makeSandbox();
  const { connection, answer, cancelled } = await askForStream(sandbox);
  connection.close();
  answer();
  await cancelled;
});

Deno.test("a stream for a connection that has ended in the meantime is cancelled", async () => {
  await using sandbox = await makeSandbox();
  const { server, answer, cancelled } = await askForStream(sandbox);
  await server.close(0);
  answer();
  await cancelled;
});

Deno.test("the server detects a peer that leaves during its stream", async () => {
  await using sandbox = await makeSandbox();
  const { connection, answer, cancelled } = await askForStream(sandbox);
  answer();
  await connection.until(/A\r\n/);
  connection.close();
  await cancelled;
});
