import { assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../src/commands/mod.ts";
import { globalOptions } from "../../src/cli/spec.ts";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { runCommand, testWith } from "./support.ts";

async function pageFile(sandbox: Sandbox): Promise<string> {
  const { code, stdout, stderr } = await run(compiled, sandbox, { args: ["man"] });
  assertEquals([code, stderr], [0, ""]);
  const file = sandbox.path("sessionctl.1");
  await Deno.writeTextFile(file, stdout);
  return file;
}

testWith(["groff"], "groff has no warnings about the man page", async () => {
  await using sandbox = await makeSandbox();
  const file = await pageFile(sandbox);
  const { code, stderr } = await runCommand(sandbox, "groff", [
    ...["-man", "-Tutf8", "-ww", "-z", "-rCHECKSTYLE=3", file],
  ]);
  assertEquals([code, stderr], [0, ""]);
});

testWith(["mandoc"], "mandoc finds no errors in the man page", async () => {
  await using sandbox = await makeSandbox();
  const file = await pageFile(sandbox);
  const { code, stdout } = await runCommand(sandbox, "mandoc", ["-T", "lint", "-W", "error", file]);
  assertEquals([code, stdout], [0, ""]);
});

testWith(
  ["man", "groff"],
  "man shows every command, option and example as typed",
  async () => {
    await using sandbox = await makeSandbox();
    const file = await pageFile(sandbox);
    const { code, stdout } = await runCommand(sandbox, "man", ["-l", file], {
      env: { MANWIDTH: "200", LC_ALL: "C.UTF-8", MANPAGER: "cat", MAN_KEEP_FORMATTING: "" },
    });
    assertEquals(code, 0);
    const shown = stdout.replaceAll(/\s+/g, " ");
    for (const load of Object.values(commands)) {
      const { spec } = (await load()).command;
      if (spec.hidden) {
        assertEquals(shown.includes(`sessionctl ${spec.name} `), false, spec.name);
        continue;
      }
      assertStringIncludes(shown, `sessionctl ${spec.name} [options]`);
      for (const option of spec.options) {
        if (!option.hidden) assertStringIncludes(shown, `--${option.name}`);
      }
      for (const { command } of spec.examples) assertStringIncludes(shown, command);
    }
    for (const { name } of globalOptions) assertStringIncludes(shown, `--${name}`);
  },
);

Deno.test("the man page names every variable once", async () => {
  await using sandbox = await makeSandbox();
  const page = await Deno.readTextFile(await pageFile(sandbox));
  const section = /^\.SH ENVIRONMENT\n([^]*?)^\.SH /m.exec(page)![1]!;
  const names = [...section.matchAll(/^\.TP\n(.*)$/gm)].map(([, name]) => name!);
  assertEquals(names, [...new Set(names)]);
});
