/** `find` with other registries than ours. */
import { assertEquals } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { startHttpServer } from "../support/raw_http.ts";

Deno.test("find supports a registry that does not rank windows, such as code-server's own", async () => {
  await using sandbox = await makeSandbox();
  const text = (text: string, status: number) => ({
    status,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(text),
  });
  const { path } = startHttpServer(
    sandbox,
    {},
    ({ path }) =>
      path === "/session"
        ? text('{"socketPath":"/run/editor.sock"}', 200)
        : text("Cannot GET", 404),
  );
  const { stdout, stderr } = await run(compiled, sandbox, {
    args: ["find", "/work/a.ts", "--socket", path],
  });
  assertEquals([stdout, stderr], ["/run/editor.sock\n", ""]);
});
