import { compiled } from "../support/mod.ts";
import { testResets } from "./resets.ts";

Deno.test("a reset after the target has ended its direction leaves no descriptor after 30 s", async () => {
  await testResets(compiled, (socket) => ["--to", socket], (conn) => conn.closeWrite(), 45_000);
});
