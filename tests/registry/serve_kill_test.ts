import { assert, assertEquals } from "@std/assert";
import { makeSandbox, startEditor, tally } from "../support/mod.ts";
import { lookup, register, sessionsOf, startServer, until } from "./serve_support.ts";

const REGISTRATIONS = 10_000;
const CONNECTIONS = 16;

/** Registers one session after another over one connection, until the server is gone. */
async function registerAll(socket: string, names: Iterator<string>, acknowledged: Set<string>) {
  const conn = await Deno.connect({ transport: "unix", path: socket });
  const buffer = new Uint8Array(4096);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  try {
    for (let next = names.next(); !next.done; next = names.next()) {
      const entry = { socketPath: next.value, workspace: { folders: ["/work"] } };
      const body = JSON.stringify({ entry });
      await conn.write(encoder.encode(
        `POST /add-session HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ));
      let answer = "";
      while (!answer.endsWith("session added")) {
        const count = await conn.read(buffer);
        if (count === null) return;
        answer += decoder.decode(buffer.subarray(0, count));
      }
      assert(answer.startsWith("HTTP/1.1 200 "), answer);
      acknowledged.add(next.value);
    }
  } catch (error) {
    // The server was killed during its write or ours.
    if (
      !(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)
    ) {
      throw error;
    }
  } finally {
    conn.close();
  }
}

Deno.test("a server killed during 10,000 registrations loses none that it acknowledged", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServer(sandbox);
  const editor = await startEditor(sandbox);
  await register(first.socket, editor.socketPath, "/work/live");
  const names = (function* () {
    for (let number = 0; number < REGISTRATIONS; number++) yield `/nowhere/${number}.sock`;
  })();
  const acknowledged = new Set<string>();
  const clients = Array.from(
    { length: CONNECTIONS },
    () => registerAll(first.socket, names, acknowledged),
  );
  await until("half are acknowledged", () => acknowledged.size >= REGISTRATIONS / 2);
  await first.stop("SIGKILL");
  await Promise.all(clients);
  assert(acknowledged.size < REGISTRATIONS, "it was killed too late");

  const second = await startServer(sandbox);
  const back = new Set((await sessionsOf(second.socket)).map(({ socketPath }) => socketPath));
  const lost = [...acknowledged].filter((socketPath) => !back.has(socketPath));
  tally({
    "servers killed": 1,
    "registrations acknowledged": acknowledged.size,
    "sessions lost": lost.length,
  });
  assertEquals(lost, []);
  // Only registrations in progress may be written without an answer.
  assert(back.size <= acknowledged.size + CONNECTIONS + 1, `${back.size} sessions`);
  assertEquals(await lookup(second.socket, "/work/live/a.ts"), editor.socketPath);
});
