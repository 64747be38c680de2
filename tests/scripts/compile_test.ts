import { assertEquals, assertStringIncludes } from "@std/assert";
import { basename, resolve } from "@std/path";
import { exists, makeSandbox, until } from "../support/mod.ts";

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

function startCompile(output: string, proxy: string, ...options: string[]) {
  const entry = ["--entry", "scripts/bench/startup/hello.ts", "--output", output];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "scripts/compile.ts", ...entry, ...options],
    cwd: root,
    env: { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: "", no_proxy: "" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const workspace = resolve(root, `build/${basename(output)}.${child.pid}`);
  return { child, workspace, left: () => [workspace, `${output}.${child.pid}`].filter(exists) };
}

Deno.test({
  name: "a compile that is interrupted leaves no files",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using sandbox = await makeSandbox();
    // The official runtime's server does not answer, so the compilation lasts.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const proxy = `http://127.0.0.1:${silent.addr.port}`;
    const { child, workspace, left } = startCompile(sandbox.path("hello"), proxy);
    await until("the compilation has begun", () => exists(`${workspace}/sessionctl/hello.js`));
    child.kill("SIGTERM");
    const { code, stderr } = await child.output();
    assertEquals(code, 143, new TextDecoder().decode(stderr));
    assertEquals(left(), []);
  },
});

Deno.test("a compile that fails leaves no files", async () => {
  await using sandbox = await makeSandbox();
  // Nothing listens on this port.
  const { child, left } = startCompile(
    sandbox.path("hello"),
    "http://127.0.0.1:1",
    ...["--no-fallback", "--target", "aarch64-apple-darwin"],
  );
  const { code, stderr } = await child.output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 1, said);
  assertStringIncludes(said, "the base runtime cannot be downloaded");
  assertEquals(left(), []);
});
