import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, closeQuietly, connect, echo, serveUnix, startRelay } from "./support.ts";

Deno.test("a target that stops and starts is reached whenever it runs", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const relay = await startRelay(sandbox, ["--to", socket]);
  for (let round = 0; round < 5; round++) {
    const away = await connect(relay);
    assertEquals(await away.read(new Uint8Array(1)).then(() => "end", () => "refused"), "refused");
    away.close();
    const listener = serveUnix(sandbox, socket, echo);
    const conn = await connect(relay);
    await assertEchoes(conn);
    conn.close();
    closeQuietly(listener);
  }
});
