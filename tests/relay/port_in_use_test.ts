import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { startRelay } from "./support.ts";

Deno.test("a port in use is reported, also when another relay uses it", async () => {
  await using sandbox = await makeSandbox();
  const first = await startRelay(sandbox, ["--to", sandbox.path("x.sock")]);
  for (const more of [[], ["--workers", "2"]]) {
    const result = await run(compiled, sandbox, {
      args: ["relay", "--listen", first.address, "--self-signed", "--to", "/x.sock", ...more],
    });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, `${first.address} is in use by another program`);
  }
});
