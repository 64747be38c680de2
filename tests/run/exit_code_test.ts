/** The exit code of a run, and its message for a command that cannot be started. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  compiled,
  makeSandbox,
  type Program,
  run,
  type Sandbox,
  testProgram,
  writeExecutables,
} from "../support/mod.ts";
import { canRun } from "../supervisor/support.ts";

const sessionctl = (sandbox: Sandbox, ...args: string[]) => run(compiled, sandbox, { args });

testProgram(
  "a run ends with the exit code or the signal of its command",
  async (program) => {
    await using sandbox = await makeSandbox();
    const args = (script: string) => ["run", "--quiet", "--restart", "never", "sh", "-c", script];
    const failed = await run(program, sandbox, { args: args("echo out; echo err >&2; exit 7") });
    assertEquals([failed.code, failed.stdout, failed.stderr], [7, "out\n", "err\n"]);
    const killed = await run(program, sandbox, { args: args("kill -9 $$") });
    assertEquals(killed.code, 137);
  },
);

const CONTAINER = ["--map-root-user", "--fork", "--pid", "--mount-proc"];

Deno.test({
  name: "as the first process of a container, a run ends with the exit code of its command",
  ignore: !await canRun("unshare", ...CONTAINER, "true"),
  async fn() {
    await using sandbox = await makeSandbox();
    const args = [...CONTAINER, compiled.command];
    const program: Program = { name: "compiled", command: "unshare", args };
    for (const [signal, expected] of [["KILL", 137], ["TERM", 143]] as const) {
      const command = ["sh", "-c", `kill -${signal} $$`];
      const options = { args: ["run", "--restart", "never", "--", ...command] };
      const { code, stderr } = await run(program, sandbox, options);
      assertEquals([code, stderr.includes(`was ended by SIG${signal}`)], [expected, true], stderr);
    }
  },
});

Deno.test("a command that does not exist is reported immediately and not retried", async () => {
  await using sandbox = await makeSandbox();
  const { code, stderr } = await sessionctl(
    sandbox,
    "run",
    "--restart",
    "always",
    "no-such-editor",
  );
  assertEquals(code, 127);
  assertEquals(
    stderr,
    "sessionctl: cannot start no-such-editor: no such program\n  check that it is in PATH\n",
  );
});

Deno.test("a file that cannot be executed is distinguished from one that does not exist", async () => {
  await using sandbox = await makeSandbox();
  const file = sandbox.path("not a program");
  await Deno.writeTextFile(file, "#!/bin/sh\n");
  const plain = await sessionctl(sandbox, "run", file);
  assertEquals(plain.code, 126);
  assertStringIncludes(plain.stderr, `cannot start ${file}: it is not executable`);
  const folder = await sessionctl(sandbox, "run", sandbox.directory);
  assertEquals(folder.code, 126);
  assertStringIncludes(folder.stderr, "it is not a file");
  const none = await sessionctl(sandbox, "run", `${file}.gone`);
  assertEquals(none.code, 127);
});

Deno.test("a script whose interpreter does not exist is reported immediately and not retried", async () => {
  await using sandbox = await makeSandbox();
  const script = sandbox.path("editor");
  await writeExecutables({ [script]: "#! /no/such/node --flag\n" });
  const { code, stderr } = await sessionctl(sandbox, "run", "--restart", "always", script);
  const said = `cannot start ${script}: its first line names /no/such/node, which does not exist`;
  assertEquals([code, stderr.split("\n")[0]], [127, `sessionctl: ${said}`]);
});
