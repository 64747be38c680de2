/** When the relay connects to its target. */
import { assertEquals } from "@std/assert";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import { connect, encode, readText, serveUnix, startRelay, writeAll } from "./support.ts";
import { request, TOKEN } from "./http_support.ts";

/** The first byte of a TLS handshake, and then nothing that continues one. */
const BROKEN_HANDSHAKE = new Uint8Array([22, ...new Array(20).fill(0)]);

/** A target that records each connection: the bytes that it sent until its end. */
function recordConnections(
  sandbox: Sandbox,
): { readonly socket: string; readonly ended: string[] } {
  const socket = sandbox.path("target.sock");
  const ended: string[] = [];
  serveUnix(sandbox, socket, async (conn) => {
    const bytes = await new Response(conn.readable).bytes();
    ended.push(new TextDecoder().decode(bytes));
  });
  return { socket, ended };
}

/** Sends the bytes to the relay's port, and waits for the end of the connection. */
async function send(port: number, bytes: Uint8Array): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, bytes);
  const rest = new Uint8Array(1024);
  while (await conn.read(rest).catch(() => null) !== null) { /* An alert may arrive first. */ }
}

Deno.test("a failed handshake leaves no connection to the target, and sends it nothing", async () => {
  await using sandbox = await makeSandbox();
  const { socket, ended } = recordConnections(sandbox);
  const relay = await startRelay(sandbox, ["--to", socket]);
  await send(relay.port, BROKEN_HANDSHAKE);
  await until("the target's connection has ended", () => ended.length > 0);
  assertEquals(ended, [""]);
});

for (
  const [name, bytes] of [
    ["bytes that are not TLS", encode("SSH-2.0-OpenSSH_9.2\r\n")],
    ["a plain HTTP request", encode("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")],
  ] as const
) {
  Deno.test(`no connection to the target because of ${name}`, async () => {
    await using sandbox = await makeSandbox();
    const { socket, ended } = recordConnections(sandbox);
    const relay = await startRelay(sandbox, ["--to", socket]);
    await send(relay.port, bytes);
    // A later client shows that nothing came before it.
    {
      using conn = await connect(relay);
      await writeAll(conn, encode("hello"));
      await conn.closeWrite();
    }
    await until("the later client's connection has ended", () => ended.length > 0);
    assertEquals(ended, ["hello"]);
  });
}

Deno.test("with a token, only a client that has it causes a connection to the target", async () => {
  await using sandbox = await makeSandbox();
  const { socket, ended } = recordConnections(sandbox);
  await Deno.writeTextFile(sandbox.path("token"), TOKEN, { mode: 0o600 });
  const relay = await startRelay(sandbox, [
    ...["--to", socket, "--token-file", sandbox.path("token")],
  ]);
  await send(relay.port, BROKEN_HANDSHAKE);
  for (const token of ["wrong".repeat(8), TOKEN]) {
    using conn = await connect(relay);
    await writeAll(conn, encode(request("GET /", `Authorization: Bearer ${token}\r\n`)));
    if (token === TOKEN) await conn.closeWrite();
    else assertEquals(await readText(conn, 12), "HTTP/1.1 401");
  }
  await until("the connection with the token has ended", () => ended.length > 0);
  assertEquals(ended.map((text) => text.slice(0, 14)), ["GET / HTTP/1.1"]);
});
