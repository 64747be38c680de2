/** The treatment of U+FEFF and of invalid UTF-8 wherever bytes become text. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { acceptChannels, ChannelPeer } from "../../src/ipc/mod.ts";
import { toByteStream } from "../../src/ipc/streams/byte_stream.ts";
import { JsonLineSplitter } from "../../src/ipc/instance/json_lines.ts";
import { FRAME_HEADER_BYTES } from "../../src/ipc/wire/wire.ts";
import { WireReader } from "../../src/ipc/wire/wire_reader.ts";
import { WireWriter } from "../../src/ipc/wire/wire_writer.ts";
import { SessionctlError } from "../../src/mod.ts";
import { requestUnix } from "../../src/http/mod.ts";
import { readSessionMessage } from "../../src/run/code_server/session_messages.ts";
import { startTestRegistry } from "../registry/http_support.ts";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { loadVscode } from "../support/vscode_ipc.ts";

const MARK = "\u{feff}";
const encode = (text: string) => new TextEncoder().encode(text);
/** `{"socketPath":"/?"}` with a byte that is invalid in UTF-8 instead of the question mark. */
const notUtf8 = encode('{"socketPath":"/?"}').map((byte) => byte === 63 ? 0xff : byte);

function throughTheWire(value: unknown): unknown {
  const writer = new WireWriter(1 << 24);
  writer.begin();
  writer.value(value);
  writer.end();
  return new WireReader(writer.take().subarray(FRAME_HEADER_BYTES)).value();
}

Deno.test("a string keeps its leading U+FEFF through the channel protocol", () => {
  for (const length of [0, 1, 20, 21, 22, 23, 24, 100, 70_000]) {
    const text = MARK + "a".repeat(length);
    assertEquals(throughTheWire(text), text);
    assertEquals(throughTheWire([text, { [text]: text }]), [text, { [text]: text }]);
  }
  assertEquals(throughTheWire(MARK + MARK), MARK + MARK);
});

Deno.test("VS Code's client gets back a string with a leading U+FEFF unchanged", async () => {
  await using sandbox = await makeSandbox();
  const vscode = await loadVscode();
  const path = sandbox.path("server.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const seen: unknown[] = [];
  const accepting = listener.accept().then((conn) =>
    acceptChannels(toByteStream(conn), {
      onPeer(connection, context) {
        const peer = new ChannelPeer(connection, context);
        peer.registerChannel("echo", {
          call: (_, arg) => (seen.push(arg), arg),
          listen: () => {
            throw new Error("no events");
          },
        });
        return peer;
      },
    })
  );
  const client = await vscode.connect(path, "vscode");
  sandbox.defer(() => client.dispose());
  const text = `${MARK}first line of a file\n`;
  assertEquals(await client.getChannel("echo").call("echo", text), text);
  assertEquals(seen, [text]);
  (await accepting).close();
});

Deno.test("invalid UTF-8 in a channel's string becomes replacement characters, as in VS Code", () => {
  const bytes = [0x61, 0xff, 0xc3];
  assertEquals(new WireReader(new Uint8Array([1, 3, ...bytes])).value(), "a\u{fffd}\u{fffd}");
});

Deno.test("JSON lines skip a byte order mark before a message, and reject invalid UTF-8", () => {
  const splitter = new JsonLineSplitter(1024);
  const bytes = encode(`${MARK}{"id":1,"method":"${MARK}x"}\n${MARK}{"id":2}\n`);
  assertEquals([...splitter.push(bytes)], [{ id: 1, method: `${MARK}x` }, { id: 2 }]);
  const error = assertThrows(() => [...new JsonLineSplitter(1024).push(notUtf8)], SessionctlError);
  assertEquals(error.code, "INVALID_MESSAGE");
});

Deno.test("the registry accepts a body with a byte order mark, and answers invalid UTF-8 with 400", async () => {
  await using sandbox = await makeSandbox();
  const { socketPath } = await startTestRegistry(sandbox);
  const ask = (body: Uint8Array) =>
    requestUnix(socketPath, {
      method: "POST",
      target: "/delete-session",
      headers: { "content-type": "application/json" },
      body,
      timeoutMs: 5000,
    });
  assertEquals((await ask(encode(`${MARK}{"socketPath":"/a.sock"}`))).status, 200);
  const refused = await ask(notUtf8);
  assert(refused.status >= 400 && refused.status < 500, `${refused.status}`);
  assertStringIncludes(refused.text(), "not JSON");
});

Deno.test("a request for code-server is decoded as code-server does it, with or without a byte order mark", () => {
  const read = (body: Uint8Array) => readSessionMessage("POST", "/delete-session", "", body);
  assertEquals(read(encode(`${MARK}{"socketPath":"/a"}`)), { type: "delete", socketPath: "/a" });
  assertEquals(read(notUtf8), { type: "other" });
});

Deno.test("an answer with invalid UTF-8 is not a JSON answer", async () => {
  await using sandbox = await makeSandbox();
  const path = sandbox.path("server.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const serving = listener.accept().then(async (conn) => {
    await conn.read(new Uint8Array(4096));
    const head = encode(`HTTP/1.1 200 OK\r\nContent-Length: ${notUtf8.length}\r\n\r\n`);
    await conn.write(new Uint8Array([...head, ...notUtf8]));
    return conn;
  });
  const answer = await requestUnix(path, { method: "GET", target: "/", timeoutMs: 5000 });
  assertThrows(() => answer.json(), SessionctlError, "not JSON");
  (await serving).close();
});

Deno.test("call skips a byte order mark on stdin, and rejects invalid UTF-8", async () => {
  await using sandbox = await makeSandbox();
  const ask = (octal: string) =>
    run({ name: "compiled", command: "sh", args: [] }, sandbox, {
      args: ["-c", `printf '${octal}' | "$0" call --to ./none.sock tools m -`, compiled.command],
    });
  // The argument is read before the connection is made.
  const marked = await ask("\\357\\273\\277[1]");
  assertEquals(marked.code, 1, marked.stderr);
  const refused = await ask('["\\377"]');
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.stderr, "stdin is not UTF-8 text");
});
