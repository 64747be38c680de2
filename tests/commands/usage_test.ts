import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import manifest from "../../deno.json" with { type: "json" };
import { commands } from "../../src/commands/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, testProgram } from "../support/mod.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

const names = Object.keys(commands);
const call = (sandbox: Sandbox, ...args: string[]) => run(shared, sandbox, { args });

/** Fails unless a call is a usage error: exit 2, no stdout, and each of `says` on stderr. */
async function assertUsageError(sandbox: Sandbox, args: string[], ...says: string[]) {
  const { code, stdout, stderr } = await call(sandbox, ...args);
  assertEquals([code, stdout], [2, ""], args.join(" "));
  for (const text of says) assertStringIncludes(stderr, text, args.join(" "));
}

function assertIsHelp(text: string): void {
  for (const line of text.split("\n")) assert([...line].length <= 80, line);
  assert(text.indexOf("Examples:") > 0, "examples");
  for (const later of ["Usage:", "Options", "The registry and"]) {
    const at = text.indexOf(later);
    assert(at < 0 || at > text.indexOf("Examples:"), `${later} after the examples`);
  }
}

Deno.test("help of every command fits 80 columns and begins with examples", async () => {
  await using sandbox = await makeSandbox();
  for (const name of names) {
    const { code, stdout, stderr } = await call(sandbox, name, "--help");
    assertEquals([code, stderr], [0, ""], name);
    assertIsHelp(stdout);
    assertStringIncludes(stdout, `Usage:\n  sessionctl ${name} [options]`);
    assertStringIncludes(stdout, "--json");
    for (const option of (await commands[name]!()).command.spec.options) {
      if (!option.hidden) assertStringIncludes(stdout, `--${option.name}`);
    }
  }
});

Deno.test("help lists every command and the exit codes", async () => {
  await using sandbox = await makeSandbox();
  const { code, stdout } = await call(sandbox, "help");
  assertEquals(code, 0);
  assertIsHelp(stdout);
  for (const name of names) {
    const { hidden = false } = (await commands[name]!()).command.spec;
    assertEquals(new RegExp(`^  ${name} `, "m").test(stdout), !hidden, name);
  }
  assertStringIncludes(
    stdout,
    "Exit codes: 0 success, 1 nothing matched or the editor refused, 2 wrong command",
  );
  for (const args of [["--help"], ["-h"], ["help", "help"], ["help", "--help"], ["help", "-h"]]) {
    assertEquals((await call(sandbox, ...args)).stdout, stdout);
  }
  const ofOne = await call(sandbox, "help", "find");
  assertEquals(ofOne.stdout, (await call(sandbox, "find", "-h")).stdout);
  await assertUsageError(sandbox, ["help", "fnd"], 'unknown command "fnd"', "did you mean find?");
});

Deno.test("mistakes before a command and in its action are named, with what to do", async () => {
  await using sandbox = await makeSandbox();
  await assertUsageError(sandbox, ["--json", "--socket"], '"message":"--socket needs a value"');
  await assertUsageError(sandbox, ["--jsn", "list"], "did you mean --json?");
  const wrongAction = ["companion", "instal"];
  await assertUsageError(sandbox, wrongAction, 'operand "instal"', "did you mean install?");
});

Deno.test("a command's name may have two words", async () => {
  await using sandbox = await makeSandbox();
  const help = await call(sandbox, "relay", "connect", "--help");
  assertStringIncludes(help.stdout, "Usage:\n  sessionctl relay connect [options]");
  assertEquals((await call(sandbox, "help", "relay", "connect")).stdout, help.stdout);
  const ahead = ["--quiet", "relay", "connect", "--to", "a.example:1"];
  await assertUsageError(sandbox, ahead, "relay connect needs --listen");
  const shown = await call(sandbox, "config", "relay", "connect");
  assertStringIncludes(shown.stdout, "relay connect --connect-timeout");
  await assertUsageError(sandbox, ["relay", "conect"], 'operand "conect"', "relay connect?");
});

Deno.test("help is recognized among short options and beside mistakes, but not after run's command", async () => {
  await using sandbox = await makeSandbox();
  for (const args of ["list -ah", "open -wh", "open --to --help", "list --nonsense extra -h"]) {
    const { code, stdout } = await call(sandbox, ...args.split(" "));
    assertEquals(code, 0, args);
    assertIsHelp(stdout);
  }
  const command = ["sh", "-c", 'echo "got $0"', "--help"];
  const ran = await run(compiled, sandbox, { args: ["run", "--name", "x", ...command] });
  assertStringIncludes(ran.stdout, "got --help");
});

Deno.test("without a command, help goes to stderr, and the exit code is 2", async () => {
  await using sandbox = await makeSandbox();
  await assertUsageError(sandbox, [], "Usage:\n  sessionctl COMMAND");
});

Deno.test("an option of every command may stand before the command", async () => {
  await using sandbox = await makeSandbox();
  const path = ["path", sandbox.directory];
  const plain = await call(sandbox, ...path);
  const json = await call(sandbox, ...path, "--json");
  assertEquals([plain.code, json.code], [0, 0]);
  for (const before of [["-q"], ["--verbose"], ["--socket", "/x"], ["--socket=/x", "--quiet"]]) {
    const { code, stdout } = await call(sandbox, ...before, ...path);
    assertEquals([code, stdout], [0, plain.stdout], before.join(" "));
  }
  assertEquals((await call(sandbox, "--json", ...path)).stdout, json.stdout);
  // Its value counts, and an error in it is reported.
  const { code, stderr } = await call(sandbox, "--socket", "/x/none.sock", "--json", "list");
  assertEquals(code, 3);
  assertStringIncludes(JSON.parse(stderr).error.message, "/x/none.sock");
  await assertUsageError(sandbox, ["--json=x", "list"], "--json");
  const args = ["-q", "run", "sh", "-c", 'echo "got $*"', "sh", "-q"];
  const program = await run(compiled, sandbox, { args });
  assertStringIncludes(program.stdout, "got -q");
});

Deno.test("an option before the command must be one of every command, and is not a command", async () => {
  await using sandbox = await makeSandbox();
  await assertUsageError(sandbox, ["--strict", "find", "."], "unknown option");
  await assertUsageError(sandbox, ["--vresion"], "did you mean --version?");
  await assertUsageError(sandbox, ["--json"], "Usage:\n  sessionctl COMMAND");
  await assertUsageError(sandbox, ["--socket"], "--socket needs a value");
  const version = await call(sandbox, "--json", "--version");
  assertEquals(typeof JSON.parse(version.stdout).version, "string");
});

Deno.test({
  name: "output that cannot be written to stdout causes an error without a stack trace",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    for (const args of ["--version", "--version --json", "--help", "open --help", "man"]) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `"$0" ${args} > /dev/full`, compiled.command],
        env: sandbox.env,
        clearEnv: true,
        stdout: "null",
        stderr: "piped",
      }).output();
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 1, said);
      assertStringIncludes(said, "cannot write to stdout: No space left");
      assertEquals(said.trimEnd().split("\n").length, 1, said);
    }
  },
});

Deno.test("V8 accepts the compiled program's code cache where the runtime loads it cheaply", async () => {
  await using sandbox = await makeSandbox();
  const { stdout } = await run(compiled, sandbox, { args: ["--version", "--json"] });
  const { deno, codeCache } = JSON.parse(stdout);
  assertEquals(codeCache, deno.startsWith("2.7."));
});

testProgram("--version prints the version, with --json as JSON", async (program) => {
  await using sandbox = await makeSandbox();
  const text = await run(program, sandbox, { args: ["--version"] });
  assertEquals([text.code, text.stdout], [0, `sessionctl ${manifest.version}\n`]);
  const json = await run(program, sandbox, { args: ["--version", "--json"] });
  assertEquals(JSON.parse(json.stdout).version, manifest.version);
}, { source: shared });

Deno.test("an unknown option of any command is named with the nearest one", async () => {
  await using sandbox = await makeSandbox();
  for (const name of names) {
    await assertUsageError(
      sandbox,
      [name, "--jsno"],
      "unknown option --jsno",
      "did you mean --json?",
    );
    await assertUsageError(sandbox, [name, "--socket"], "--socket needs a value: PATH");
    await assertUsageError(sandbox, [name, "--json=1"], "--json takes no value");
  }
});

Deno.test("a name that begins with a dash gets a hint to use --", async () => {
  await using sandbox = await makeSandbox();
  await assertUsageError(sandbox, ["open", "-dash.ts"], "-. (in -dash.ts)", "put -- before a name");
  await assertUsageError(sandbox, ["list", "-al"], "unknown option -l (in -al)\n");
  await assertUsageError(sandbox, ["list", "-l"], "unknown option -l\n");
});

Deno.test("conflicting options are a usage error", async () => {
  await using sandbox = await makeSandbox();
  for (const args of ["config --path --init", "env --tmux --shell bash"]) {
    const hint = `leave one of them out; see: sessionctl ${args.split(" ")[0]} --help`;
    await assertUsageError(sandbox, args.split(" "), "cannot be used together", hint);
  }
  await assertUsageError(
    sandbox,
    ["config", "open", "--init"],
    "--init and COMMAND cannot be used together",
  );
});

const missing: Record<string, string> = {
  find: "PATH",
  add: "SOCKET",
  remove: "SESSION",
  path: "WORKSPACE",
  fleet: "one of status, init, check",
};

for (const [name, operand] of Object.entries(missing)) {
  Deno.test(`${name} without its operand is a usage error that names it`, async () => {
    await using sandbox = await makeSandbox();
    await assertUsageError(
      sandbox,
      [name],
      `${name} needs ${operand}`,
      `usage: sessionctl ${name}`,
    );
    if (/^(?:PATH|SOCKET|WORKSPACE)$/.test(operand)) {
      await assertUsageError(sandbox, [name, ""], `${operand} is empty`);
    }
  });
}

for (
  const [name, operands] of Object.entries({
    serve: [],
    list: [],
    status: [],
    prune: [],
    find: ["a"],
    remove: ["a"],
    path: ["a"],
  })
) {
  Deno.test(`a surplus operand of ${name} is named`, async () => {
    await using sandbox = await makeSandbox();
    const args = [name, ...operands, "007"];
    await assertUsageError(sandbox, args, 'unexpected operand "007"', `usage: sessionctl ${name}`);
  });
}

Deno.test("a wrong value is named with the valid ones", async () => {
  await using sandbox = await makeSandbox();
  await assertUsageError(sandbox, ["path", "--scheme", "x", "."], "--scheme", "adr, vscode-mcp");
  await assertUsageError(sandbox, ["path", "--platform", "x", "."], "--platform", "linux, darwin");
  await assertUsageError(sandbox, ["serve", "--allow-owner", "me"], '"me"', "id -u");
  await assertUsageError(
    sandbox,
    ["serve", "--state", "x", "--no-state"],
    "cannot be used together",
  );
  await assertUsageError(sandbox, ["serve", "--state"], "--state needs a value: FILE");
});

Deno.test("a socket path that the system would reject is rejected first, with its limit", async () => {
  await using sandbox = await makeSandbox();
  const long = `/${"a".repeat(107)}`;
  const said = ["is 108 bytes long, 1 more than", "at most 107 bytes"];
  if (Deno.build.os !== "linux") said.length = 0;
  await assertUsageError(sandbox, ["serve", "--no-state", "--socket", long], ...said);
  await assertUsageError(sandbox, ["add", long], "SOCKET", ...said);
  await assertUsageError(
    sandbox,
    ["serve", "--no-state", "--upstream", long],
    "--upstream",
    ...said,
  );
});

Deno.test("with --json, a usage error is JSON on stderr", async () => {
  await using sandbox = await makeSandbox();
  const { code, stdout, stderr } = await call(sandbox, "find", "--json");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(JSON.parse(stderr).error, {
    code: "USAGE",
    message: "find needs PATH",
    hint: "usage: sessionctl find [options] PATH",
  });
});
