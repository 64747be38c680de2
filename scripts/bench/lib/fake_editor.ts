/**
 * A stand-in for an editor that accepts every message on its socket like VS Code.
 *
 *   deno run -A fake_editor.ts SOCKET
 *
 * It writes Node's answers itself, because the runtime's own server refuses upgrades that are not
 * GET. Source of the protocol: microsoft/vscode `extHostCLIServer.ts`.
 */
const KNOWN = new Set(["open", "openExternal", "status", "extensionManagement", "clipboard"]);
const EXPECTATION_FAILED = "HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\n" +
  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

const listener = Deno.listen({ transport: "unix", path: Deno.args[0]! });
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
for await (const conn of listener) {
  answer(conn).catch(() => {}).finally(() => conn.close());
}

async function answer(conn: Deno.Conn): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  const readUntil = async (isWhole: () => boolean) => {
    while (!isWhole()) {
      const count = await conn.read(buffer);
      if (count === null) throw new Error("the peer went away");
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  };
  await readUntil(() => text.includes("\r\n\r\n"));
  const expected = /^expect: *(.*)\r$/im.exec(text)?.[1];
  if (expected !== undefined && expected !== "100-continue") {
    return await write(conn, EXPECTATION_FAILED);
  }
  if (expected !== undefined) await write(conn, "HTTP/1.1 100 Continue\r\n\r\n");
  // The messages of the measurements are ASCII. VS Code's remote CLI sends them in chunks.
  const at = text.indexOf("\r\n\r\n") + 4;
  const isChunked = /^transfer-encoding: *chunked\r$/im.test(text.slice(0, at));
  const length = Number(/^content-length: *([0-9]+)/im.exec(text)?.[1] ?? 0);
  await readUntil(() => isChunked ? text.endsWith("\r\n0\r\n\r\n") : text.length >= at + length);
  const body = isChunked ? withoutChunkSizes(text.slice(at)) : text.slice(at);
  const { type } = JSON.parse(body || "{}") as { type?: string };
  const status = KNOWN.has(type ?? "") ? "200 OK" : "404 Not Found";
  await write(
    conn,
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n` +
      'Connection: close\r\n\r\n""',
  );
}

/** The messages are JSON on one line, so a line of hex digits is a chunk's size. */
function withoutChunkSizes(chunks: string): string {
  return chunks.replaceAll(/^[0-9a-f]+\r\n|\r\n/gim, "");
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
