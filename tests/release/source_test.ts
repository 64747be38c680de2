import { assertEquals, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import { makeSandbox } from "../support/mod.ts";
import { root, runCommand } from "./support.ts";

Deno.test({
  name: "deno install puts sessionctl on PATH, from source",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using sandbox = await makeSandbox();
    const env = { PATH: `${dirname(Deno.execPath())}:${sandbox.env.PATH}` };
    const args = ["install", "-gA", "--config", "deno.json", "-n", "sessionctl"];
    const place = ["--root", sandbox.path("deno")];
    const ran = await runCommand(sandbox, "deno", [...args, ...place, "main.ts"], {
      cwd: root,
      env,
    });
    assertEquals(ran.code, 0, ran.stderr);
    const program = sandbox.path("deno", "bin", "sessionctl");
    const { stdout, stderr } = await runCommand(sandbox, program, ["--version"], { env });
    assertMatch(stdout, /^sessionctl \d+\.\d+\.\d+\n$/, stderr);
  },
});
