import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { assertEquals, assertRejects } from "@std/assert";
import { probeEditor, sendToEditor } from "../../src/editor/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { serveRegistry } from "../../src/registry/mod.ts";
import { makeSandbox, type Sandbox, startEditor } from "../support/mod.ts";

Deno.test("an editor that answers is live, and the probe has no effect in it", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  assertEquals(await probeEditor(editor.socketPath), "live");
  assertEquals(editor.messages, []);
  assertEquals(editor.probes, 1);
});

Deno.test("an editor that refuses everything is live", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startEditor(sandbox, { behaviour: "refuse" });
  assertEquals(await probeEditor(socketPath), "live");
});

Deno.test("a socket without a listener, a missing one and a regular file are dead", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  await editor.die();
  assertEquals((await Deno.lstat(editor.socketPath)).isSocket, true);
  assertEquals(await probeEditor(editor.socketPath), "dead");
  assertEquals(await probeEditor(sandbox.path("missing.sock")), "dead");
  await Deno.writeTextFile(sandbox.path("file.sock"), "");
  assertEquals(await probeEditor(sandbox.path("file.sock")), "dead");
});

for (const behaviour of ["hang", "close", "truncate"] as const) {
  Deno.test(`a peer that accepts and then does "${behaviour}" is unresponsive`, async () => {
    await using sandbox = await makeSandbox();
    const { socketPath } = await startEditor(sandbox, { behaviour });
    assertEquals(await probeEditor(socketPath, { timeoutMs: 100 }), "unresponsive");
  });
}

for (const behaviour of ["garbage", "agent-host"] as const) {
  Deno.test(`a peer that answers a probe with "${behaviour}" is not an editor`, async () => {
    await using sandbox = await makeSandbox();
    const socketPath = sandbox.path(`vscode-ipc-${crypto.randomUUID()}.sock`);
    await startEditor(sandbox, { socketPath, behaviour });
    assertEquals(await probeEditor(socketPath), "no-editor");
  });
}

/** A Node HTTP server, which refuses upgrades by default. */
function startNodeServer(
  sandbox: Sandbox,
  socketPath: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(answer);
  sandbox.defer(() => void server.close());
  return new Promise((resolve) => server.listen(socketPath, () => resolve(server)));
}

Deno.test("servers that answer an expectation as windows do are not editors under another name", async () => {
  await using sandbox = await makeSandbox();
  // Docker and code-server's session socket answer 417 to the expectation, 404 to everything else.
  const docker = sandbox.path("docker.sock");
  await startNodeServer(sandbox, docker, (_, response) => {
    response.writeHead(404, { "content-type": "application/json" });
    response.end('{"message":"page not found"}');
  });
  assertEquals(await probeEditor(docker), "no-editor");
});

Deno.test("a server that grants the probe's upgrade, such as code-server's HTTP socket, is not an editor", async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["http.sock", `vscode-ipc-${crypto.randomUUID()}.sock`]) {
    const socketPath = sandbox.path(name);
    const server = await startNodeServer(sandbox, socketPath, (_, response) => response.end());
    server.on("upgrade", (_, socket) => {
      sandbox.defer(() => void socket.destroy());
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    });
    assertEquals(await probeEditor(socketPath), "no-editor");
  }
});

Deno.test("a window under another name is distinguished from other servers by its commands", async () => {
  await using sandbox = await makeSandbox();
  const window = sandbox.path("window.sock");
  const asked: string[] = [];
  await startNodeServer(sandbox, window, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push(body);
    response.writeHead(200, { "content-type": "application/json" });
    response.end("null");
  });
  assertEquals(await probeEditor(window), "live");
  assertEquals(asked, ['{"type":"openExternal","uris":[]}']);
});

Deno.test("a window from before 2020 does not know the second question, and is live", async () => {
  await using sandbox = await makeSandbox();
  const window = sandbox.path("window.sock");
  await startNodeServer(sandbox, window, (_, response) => {
    response.writeHead(404);
    response.end('"Unknown message type: openExternal"');
  });
  assertEquals(await probeEditor(window), "live");
});

Deno.test("the registry itself is not an editor", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("registry.sock");
  const server = await serveRegistry({ socketPath });
  sandbox.defer(() => server.close());
  assertEquals(await probeEditor(socketPath), "no-editor");
});

Deno.test("an editor that stalls has not read the message, so the message cannot take effect later", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath, messages } = await startEditor(sandbox, { behaviour: "stall" });
  const error = await assertRejects(
    () => sendToEditor(socketPath, { type: "status" }),
    SessionctlError,
    "did not read the message within 2000 ms",
  );
  assertEquals(error.code, "MESSAGE_UNREAD");
  assertEquals(messages, []);
});

Deno.test("an editor that reads a message and does not answer is reported as such within 3 s", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath, messages } = await startEditor(sandbox, { behaviour: "silent" });
  const error = await assertRejects(
    () => sendToEditor(socketPath, { type: "status" }),
    SessionctlError,
    'read "status" but did not answer in time',
  );
  assertEquals([error.code, messages.length], ["TIMED_OUT", 1]);
});

Deno.test({
  name: "another user's socket is not connected to unless its owner is allowed",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using sandbox = await makeSandbox();
    const editor = await startEditor(sandbox);
    await Deno.chown(editor.socketPath, 4242, 4242);
    assertEquals(await probeEditor(editor.socketPath), "forbidden");
    assertEquals(editor.probes, 0);
    assertEquals(await probeEditor(editor.socketPath, { allowOwners: [4242] }), "live");
    const send = (allowOwners?: number[]) =>
      sendToEditor(editor.socketPath, { type: "status" }, { allowOwners });
    await assertRejects(() => send(), SessionctlError, "belongs to another user");
    assertEquals(editor.messages, []);
    await send([4242]);
    assertEquals(editor.messages.length, 1);
  },
});
