/** Arbitrary bytes at the sockets that the extension serves. */
import { assertEquals } from "@std/assert";
import { callInstance } from "../../src/ipc/mod.ts";
import { type Sandbox, seeded, until } from "../support/mod.ts";
import { extensionSandbox, instancePath, startHost } from "./support/mod.ts";

const ROUNDS = 150;
const PIECES = [
  '{"id":1,"method":"health"}\n',
  '{"id":1,"method":"open","params":{"fileURIs":["file:///a:1:2"],"gotoLineMode":true}}\n',
  '{"id":{},"method":[]}',
  '{"id":"x","method":"__proto__","params":{}}\n',
  '{"id":1,"method":"reveal","params":{"path":"/\\u0000"}}\n',
  '{"id":1,"method":"subscribe"}\n',
  "[]\n",
  "\n\n\n",
  '{"a":"',
  "POST / HTTP/1.1\r\nhost: x\r\n",
  "content-length: 20\r\n",
  "content-length: -1\r\n",
  "transfer-encoding: chunked\r\n\r\n",
  "5\r\nabcde\r\n0\r\n\r\n",
  "expect: 100-continue\r\n",
  "expect: sessionctl-probe\r\nupgrade: websocket\r\n",
  '\r\n{"type":"open","fileURIs":["file:///b"]}',
  '{"type":"extensionManagement","install":[{}]}',
  "\ufeff",
  "\r\n",
];

/** Some of the pieces and some random bytes, the same for each seed. */
function message(random: () => number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = 1 + Math.floor(random() * 6); left > 0; left--) {
    if (random() < 0.75) {
      const piece = PIECES[Math.floor(random() * PIECES.length)]!;
      parts.push(new TextEncoder().encode(piece));
    } else {
      const noise = new Uint8Array(Math.floor(random() * 200));
      parts.push(noise.map(() => Math.floor(random() * 256)));
    }
  }
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

async function send(path: string, bytes: Uint8Array): Promise<void> {
  const conn = await Deno.connect({ transport: "unix", path });
  try {
    await conn.write(bytes);
    await conn.closeWrite();
    // Node answers or closes; its answer does not matter here.
    const buffer = new Uint8Array(4096);
    while (await conn.read(buffer) !== null);
  } catch {
    /* It was closed while it was written to. */
  } finally {
    conn.close();
  }
}

async function scene(sandbox: Sandbox) {
  const folder = await Deno.realPath(sandbox.path("home"));
  const path = await instancePath(sandbox, folder);
  const host = await startHost(sandbox, { calls: [["folders", [folder]]] });
  const health = async () =>
    await callInstance(path, "health", {}, { timeoutMs: 10_000, waitForStart: true }) as {
      status: string;
      socketPath: string;
      pid: number;
    };
  return { host, path, health };
}

for (const seed of [1, 2]) {
  Deno.test(`the sockets keep answering after any bytes (seed ${seed})`, async () => {
    await using sandbox = await extensionSandbox();
    const { host, path, health } = await scene(sandbox);
    const { socketPath } = await health();
    const random = seeded(seed);
    for (let round = 0; round < ROUNDS; round++) {
      await send(random() < 0.5 ? path : socketPath, message(random));
    }
    assertEquals(await health(), { ...await health(), status: "ok", pid: host.pid });
  });
}

Deno.test("endless messages and silent connections leave room for others", async () => {
  await using sandbox = await extensionSandbox();
  const { path, health } = await scene(sandbox);
  const { socketPath } = await health();
  const silent: Deno.UnixConn[] = [];
  for (let at = 0; at < 30; at++) {
    silent.push(await Deno.connect({ transport: "unix", path }));
    silent.push(await Deno.connect({ transport: "unix", path: socketPath }));
  }
  const endless = await Deno.connect({ transport: "unix", path });
  let sent = 0;
  const piece = new TextEncoder().encode(`{"id":1,"method":"${"x".repeat(64 * 1024)}`);
  const sending = (async () => {
    for (;;) sent += await endless.write(piece);
  })().catch(() => {});
  const answer = new Uint8Array(1024);
  const count = await endless.read(answer);
  const text = new TextDecoder().decode(answer.subarray(0, count ?? 0));
  assertEquals(text.includes('"code":400'), true, text);
  await until("the endless message is ended", () => sending.then(() => true));
  assertEquals(sent < 64 * 1024 * 1024, true, `it took ${sent} bytes`);
  assertEquals((await health()).status, "ok");
  for (const conn of [...silent, endless]) conn.close();
});
