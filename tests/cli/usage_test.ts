import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox, run, testProgram } from "../support/mod.ts";

testProgram("an unknown command is named, with the nearest known one", async (program) => {
  await using sandbox = await makeSandbox();
  const result = await run(program, sandbox, { args: ["pth"] });
  assertEquals(result.code, 2);
  assertEquals(result.stdout, "");
  assertStringIncludes(result.stderr, 'unknown command "pth"');
  assertStringIncludes(result.stderr, "did you mean path?");
});
