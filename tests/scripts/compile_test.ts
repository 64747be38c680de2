import { assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { makeSandbox } from "../support/mod.ts";

const root = resolve(import.meta.dirname!, "../..");

Deno.test({
  name: "compile uses the pinned files where the official runtime's server does not answer",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    await using sandbox = await makeSandbox();
    // Connections to this proxy stay in its backlog.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const proxy = `http://127.0.0.1:${silent.addr.port}`;
    const output = sandbox.path("hello");
    const entry = ["--entry", "scripts/bench/startup/hello.ts", "--output", output];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", "scripts/compile.ts", ...entry],
      cwd: root,
      env: { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: "", no_proxy: "" },
      // Less than the three minutes of a download.
      signal: AbortSignal.timeout(100_000),
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    assertEquals((await new Deno.Command(output).output()).success, true);
  },
});
