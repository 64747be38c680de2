import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run, spawn, until } from "../support/mod.ts";
import {
  connect,
  encode,
  eventually,
  metric,
  readAll,
  readText,
  startRelay,
  writeAll,
} from "./support.ts";
import { exchange, request, startGuarded, statusOf, TOKEN } from "./http_support.ts";

const upgrade = (origin: string, protocol = "echo") =>
  request(
    "GET /ws",
    `Authorization: Bearer ${TOKEN}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ${protocol}\r\n${
      origin && `Origin: ${origin}\r\n`
    }`,
  );

/** An editor that accepts one connection and reads ten bytes. */
const READ_LITTLE = `
const listener = Deno.listen({ transport: "unix", path: Deno.args[0] });
console.log("listening");
const conn = await listener.accept();
await conn.read(new Uint8Array(10));
console.log("read");
await listener.accept();
`;

Deno.test("a WebSocket from a foreign origin gets 403; one from the own origin, a listed origin or no origin passes", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox, [
    ...["--allow-origin", "https://friend.example"],
    // A variant with capitals and the default port, as users copy it.
    ...["--allow-origin", "HTTPS://Other.example:443/"],
  ]);
  for (
    const origin of [
      "https://evil.example",
      "http://localhost",
      "null",
      "https://localhost.evil.example",
    ]
  ) {
    assertEquals(statusOf(await exchange(relay, upgrade(origin))), 403, origin);
  }
  for (
    const origin of ["https://localhost", "https://friend.example", "https://other.example", ""]
  ) {
    assertEquals(statusOf(await exchange(relay, upgrade(origin))), 101, origin);
  }
});

Deno.test("bytes after a granted upgrade pass without inspection", async () => {
  await using sandbox = await makeSandbox();
  const { relay } = await startGuarded(sandbox);
  const conn = await connect(relay);
  await writeAll(conn, encode(upgrade("")));
  const granted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n";
  assertEquals(await readText(conn, granted.length), granted);
  await writeAll(conn, encode("GET / HTTP/1.1\r\n\r\nanything \0 at all"));
  await conn.closeWrite();
  assertStringIncludes(await readAll(conn), "anything \0 at all");
  conn.close();
});

Deno.test("a refused upgrade does not bypass the rules", async () => {
  await using sandbox = await makeSandbox();
  const { relay, seen } = await startGuarded(sandbox);
  // The editor answers 200 to this upgrade and continues to read requests.
  const answers = await exchange(relay, upgrade("", "other") + request("GET /secret", ""));
  assertEquals(answers.match(/HTTP\/1\.1 [0-9]+/g), ["HTTP/1.1 200", "HTTP/1.1 401"]);
  assertEquals(seen.heads.length, 1);
});

Deno.test("an editor that dies before it answers an upgrade leaves no connection behind", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  // A process, because the runtime's own close ends one direction first.
  const editor = spawn(sandbox, Deno.execPath(), ["eval", "--quiet", READ_LITTLE, socket]);
  await until("the editor listens", () => editor.lines.length === 1);
  await Deno.writeTextFile(sandbox.path("token"), TOKEN, { mode: 0o600 });
  const relay = await startRelay(sandbox, [
    ...["--to", socket, "--token-file", sandbox.path("token")],
    ...["--status", "127.0.0.1:0"],
  ]);
  using conn = await connect(relay);
  await writeAll(conn, encode(upgrade("")));
  await until("the editor reads", () => editor.lines.length === 2);
  await editor.stop("SIGKILL");
  await assertRejects(() => conn.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await eventually("nothing is open", async () => {
    const text = await (await fetch(`http://${relay.status}/metrics`)).text();
    return metric(text, "connections_open") === 0;
  });
});

Deno.test("values that no page can have as its origin are refused at start", async () => {
  await using sandbox = await makeSandbox();
  for (const origin of ["a.example", "https://a.example/path", "*", "https://*.a.example"]) {
    const result = await run(compiled, sandbox, {
      args: [
        ...["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", "/x.sock"],
        ...["--allow-origin", origin],
      ],
    });
    assertEquals(result.code, 2, result.stderr);
    assertStringIncludes(result.stderr, "--allow-origin is not an origin");
  }
});
