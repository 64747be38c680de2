import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";
import { register, startServer } from "../registry/serve_support.ts";

Deno.test("a reader that closes the pipe early (| head -1) is no failure", async () => {
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
  name: "output that cannot be written is reported as an error",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox);
    await register(server.socket, "/nowhere/a.sock", "/nowhere");
    for (
      const args of [
        "path /",
        "watch",
        "call registry --listen onDidChangeSessions '{\"snapshot\":true}'",
      ]
    ) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `"$0" ${args} > /dev/full`, compiled.command],
        env: sandbox.env,
        clearEnv: true,
      }).output();
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 1, args);
      assertMatch(said, /^sessionctl: cannot write to stdout: No space left[^\n]*\n$/, args);
    }
    // The output of another program is its own affair, and its exit code stays.
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", '"$0" run --no-log-file echo hi > /dev/full', compiled.command],
      env: sandbox.env,
      clearEnv: true,
    }).output();
    assertEquals(code, 0);
    assertStringIncludes(new TextDecoder().decode(stderr), "any more: No space left");
  },
});

Deno.test("names and answers from others cannot control a terminal", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("run/r.sock");
  const hostile = "\x1b]52;c;cm0gLXJmIC8=\x07\x9b2J\u202e\r";
  const server = Deno.serve(
    { path: socket, onListen: () => {} },
    () => Response.json({ error: `no${hostile}\nsecond line` }, { status: 500 }),
  );
  sandbox.defer(() => server.shutdown());
  const args = ["--socket", socket];
  for (const json of [[], ["--json"]]) {
    const { code, stderr } = await run(compiled, sandbox, { args: ["status", ...args, ...json] });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "second line");
    // deno-lint-ignore no-control-regex
    assertMatch(stderr, /^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]*$/);
  }
});
