import { compiled } from "../support/mod.ts";
import { testResets } from "./resets.ts";

Deno.test("a reset once the target has ended its own direction leaves nothing after 30 s", async () => {
  await testResets(compiled, (socket) => ["--to", socket], (conn) => conn.closeWrite(), 45_000);
});
