import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox } from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";

Deno.test("a reader that has seen enough (| head -1) is no failure", async () => {
  await using sandbox = await makeSandbox();
  const server = await startServer(sandbox);
  for (let number = 0; number < 40; number++) {
    const folders = Array.from({ length: 10 }, (_, folder) => `/${"long".repeat(90)}/${folder}`);
    await register(server.socket, `/nowhere/${number}.sock`, ...folders);
  }
  const script = '{ "$0" list; echo "exit $?" >&2; } | head -1';
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, compiled.command],
    env: sandbox.env,
    clearEnv: true,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertMatch(decode(stdout), /^STATE +KIND.*\n$/);
  assertEquals(decode(stderr), "exit 0\n");
});

Deno.test({
  name: "output that cannot be written is an error that says so",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", '"$0" path / > /dev/full', compiled.command],
      env: sandbox.env,
      clearEnv: true,
    }).output();
    assertEquals(code, 1);
    assertStringIncludes(new TextDecoder().decode(stderr), "cannot write to stdout: No space left");
  },
});
