import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { sessionctl, testOnWindows } from "./support.ts";

testOnWindows("config --init writes a file under APPDATA, which later calls read", async () => {
  await using sandbox = await makeSandbox();
  const made = await sessionctl(sandbox, ["config", "--init"]);
  const path = `${sandbox.env.APPDATA}\\sessionctl\\config.jsonc`;
  assertEquals(made.stdout.trim(), path, made.stderr);
  await Deno.writeTextFile(path, '{ "open": { "launch": "echo hello" } }');
  const shown = await sessionctl(sandbox, ["config", "--json"]);
  assertEquals(shown.code, 0, shown.stderr);
  assertStringIncludes(shown.stdout, "echo hello");
});

testOnWindows(
  "commands that need Unix sockets or signals are refused with an explanation",
  async () => {
    await using sandbox = await makeSandbox();
    const commands = [
      ["relay", "--listen", "127.0.0.1:8443", "--self-signed", "--session", "."],
      ["run", "--", "cmd"],
      ["serve", "--supervise"],
      ["service", "install"],
    ];
    for (const args of commands) {
      const { code, stderr } = await sessionctl(sandbox, args);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "is not available on Windows");
    }
  },
);

testOnWindows("doctor finds no problem with a running registry", async () => {
  await using sandbox = await makeSandbox();
  const { startRegistry } = await import("./support.ts");
  const pipe = await startRegistry(sandbox);
  const { code, stdout } = await sessionctl(sandbox, ["doctor", "--json"]);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, JSON.stringify(pipe).slice(1, -1));
});
