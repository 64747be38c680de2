/** Clients that disconnect before their requests are answered. */
import { assertEquals } from "@std/assert";
import { makeSandbox, type Sandbox, until } from "../support/mod.ts";
import {
  closeQuietly,
  connectRaw,
  descriptorCount,
  encode,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";
import { request, TOKEN } from "./http_support.ts";

const CLIENTS = 50;
/** Time limit in milliseconds of what only a relay that hangs does not do. */
const HANG_MS = 120_000;
const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
const upgrade = request("GET /", `${bearer}Connection: Upgrade\r\nUpgrade: echo\r\n`);

/** Starts a relay with a token and an editor that reads requests but neither answers nor closes. */
async function startUnanswered(
  sandbox: Sandbox,
): Promise<{ relay: RunningRelay; asked: number[] }> {
  const socket = sandbox.path("target.sock");
  const asked: number[] = [];
  const stop = Promise.withResolvers<void>();
  serveUnix(sandbox, socket, async (conn) => {
    const buffer = new Uint8Array(16 * 1024);
    asked.push(await conn.read(buffer) ?? 0);
    await stop.promise;
  });
  sandbox.defer(() => stop.resolve());
  const token = sandbox.path("token");
  await Deno.writeTextFile(token, `${TOKEN}\n`, { mode: 0o600 });
  const args = ["--to", socket, "--token-file", token, "--log", "connections"];
  return { relay: await startRelay(sandbox, args), asked };
}

for (const how of ["reset", "close", "truncate"] as const) {
  for (
    const [what, text] of [
      ["an upgrade", upgrade],
      ["an upgrade and 20 KiB behind it", upgrade + "x".repeat(20 * 1024)],
      ["an answer ahead of a refusal", request("GET /") + request("GET /", "")],
    ] as const
  ) {
    Deno.test(`${CLIENTS} clients that wait for ${what} and ${how} are detected`, async () => {
      await using sandbox = await makeSandbox();
      const { relay, asked } = await startUnanswered(sandbox);
      const before = descriptorCount(relay.pid);
      const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => {
        const client = await connectRaw(relay);
        await writeAll(client.conn, encode(text));
        return client;
      }));
      await until("all have asked", () => asked.length === CLIENTS, HANG_MS, 20);
      for (const { conn, reset, truncate } of clients) {
        if (how === "reset") reset();
        else if (how === "truncate") truncate();
        closeQuietly(conn);
      }
      const isFree = () => descriptorCount(relay.pid) <= before;
      await until("all descriptors are free", isFree, HANG_MS, 20);
      // Otherwise the time limit of a connection without traffic freed them.
      assertEquals(relay.stderr().match(/ending=idle-timeout/g), null);
    });
  }
}
