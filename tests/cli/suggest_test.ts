import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeSandbox, run } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

/** Mistyped command lines and the intended words. */
const MISTYPED: readonly [args: string[], meant: string][] = [
  [["opne"], "open"],
  [["LIST"], "list"],
  [["config", "opne"], "open"],
  [["ls"], "list"],
  [["start"], "serve --detach"],
  [["kill"], "stop"],
  [["edit", "x"], "open --wait"],
  [["logs"], "run --list"],
  [["--json", "ls"], "list"],
  [["help", "rm"], "remove"],
  [["version"], "--version"],
  [["-V"], "--version"],
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
    const { code, stdout, stderr } = await run(shared, sandbox, { args });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, `did you mean ${meant}?`);
  });
}

Deno.test("hidden names are never suggested, and a distant word gets no suggestion", async () => {
  await using sandbox = await makeSandbox();
  const stderrOf = async (...args: string[]) => (await run(shared, sandbox, { args })).stderr;
  for (const args of [["__complet"], ["guadr"], ["open", "--openExternl"]]) {
    assertEquals(/mean (__complete|guard|--openExternal)/.test(await stderrOf(...args)), false);
  }
  for (
    const args of [["xyzzy"], ["nope"], ["config", "nope"], ["init", "x"], ["open", "--xyzzy"]]
  ) {
    assertEquals((await stderrOf(...args)).includes("did you mean"), false);
  }
});

Deno.test("a file given in place of a command gets a hint how to open it", async () => {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("fnd"), "");
  for (const name of ["fnd", "fnd:12", "fnd:12:3"]) {
    const { code, stderr } = await run(shared, sandbox, { args: [sandbox.path(name)] });
    assertEquals(code, 2);
    assertStringIncludes(stderr, "to open a file: sessionctl open FILE", name);
  }
});

Deno.test("a file given to config or help in place of a command gets no hint to open it", async () => {
  await using sandbox = await makeSandbox();
  for (const name of ["config", "help"]) {
    const { stderr } = await run(shared, sandbox, { args: [name, sandbox.directory] });
    assertStringIncludes(stderr, "sessionctl help lists the commands", name);
  }
});
