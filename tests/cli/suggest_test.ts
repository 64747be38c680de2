import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiled, makeSandbox, run } from "../support/mod.ts";

/** What is mistyped, and what is meant. */
const MISTYPED: readonly [args: string[], meant: string][] = [
  [["opne"], "open"],
  [["help", "completion"], "completions"],
  [["--versoin"], "--version"],
  [["open", "--wiat", "x"], "--wait"],
  [["list", "--verbos"], "--verbose"],
  [["path", "--scheme", "vscode", "."], "vscode-mcp"],
  [["path", "--platform=linus", "."], "linux"],
  [["init", "bahs"], "bash"],
  [["extensions", "instal", "x"], "install"],
];

for (const [args, meant] of MISTYPED) {
  Deno.test(`${args.join(" ")}: did you mean ${meant}?`, async () => {
    await using sandbox = await makeSandbox();
    const { code, stdout, stderr } = await run(compiled, sandbox, { args });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, `did you mean ${meant}?`);
  });
}

Deno.test("what is hidden is suggested to nobody, and nothing to what is far from all", async () => {
  await using sandbox = await makeSandbox();
  for (
    const args of [["_complete"], ["gaurd"], ["open", "--openExternl"], ["xyzzy"], ["init", "x"]]
  ) {
    const { code, stderr } = await run(compiled, sandbox, { args });
    assertEquals([code, stderr.includes("did you mean")], [2, false], stderr);
  }
});
