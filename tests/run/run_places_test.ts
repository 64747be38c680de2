/** The names of runs, and the places of their control sockets. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkRunName, defaultRunName } from "../../src/run/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { asRoot, asUser, startServer, unusedUid } from "../registry/serve_support.ts";
import { compiled, exists, makeSandbox, run, type Sandbox, until } from "../support/mod.ts";
import { childOf, runsIn, startRun } from "./support.ts";

const filesIn = (directory: string) => [...Deno.readDirSync(directory)].map(({ name }) => name);

Deno.test("a run's name is a file name of at most 40 characters", () => {
  for (const name of ["a", "code-server_4.1", "_x", "a".repeat(40)]) {
    assertEquals(checkRunName(name), name);
  }
  for (const name of ["", "a".repeat(41), ".a", "-a", "a/b", "a b"]) {
    assertThrows(() => checkRunName(name), SessionctlError, "invalid name for a run");
  }
});

Deno.test("the default name of a run is a valid name, whatever the command", () => {
  const cases = [
    ["/usr/bin/code-server", "code-server"],
    ["./.editor", "editor"],
    ["--my editor--", "my_editor--"],
    [".", "run"],
    ["a".repeat(50), "a".repeat(40)],
  ] as const;
  for (const [command, name] of cases) {
    assertEquals(defaultRunName(command), name);
    assertEquals(checkRunName(name), name);
  }
});

Deno.test("runs are listed by their names", async () => {
  await using sandbox = await makeSandbox();
  const names = ["d", "b", "e", "a", "c"];
  for (const name of names) {
    startRun(sandbox, ["--name", name, "--no-log-file", "--", "sleep", "60"]);
    await childOf(sandbox, name);
  }
  assertEquals((await runsIn(sandbox)).map(({ name }) => name), names.toSorted());
});

Deno.test("a run is found by its own name alone, even if its socket has another one", async () => {
  await using sandbox = await makeSandbox();
  const running = startRun(sandbox, ["--name", "api", "--", "sleep", "60"]);
  await childOf(sandbox, "api");
  const directory = sandbox.path("run/sessionctl/run");
  await Deno.rename(`${directory}/api.sock`, `${directory}/other.sock`);
  const { code, stderr } = await run(compiled, sandbox, { args: ["run", "--stop", "other"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "no run named other answers");
  await running.stop();
});

Deno.test("a run that has ended leaves no file beside its log", async () => {
  await using sandbox = await makeSandbox();
  const { code } = await run(compiled, sandbox, { args: ["run", "true"] });
  assertEquals([code, filesIn(sandbox.path("run/sessionctl/run"))], [0, []]);
  assertEquals(filesIn(sandbox.path("home/.local/state/sessionctl/log")), ["run-true.log"]);
});

Deno.test("a run without a log file writes no log", async () => {
  await using sandbox = await makeSandbox();
  const { code } = await run(compiled, sandbox, { args: ["run", "--no-log-file", "true"] });
  assertEquals([code, exists(sandbox.path("home/.local/state"))], [0, false]);
});

Deno.test({
  ...asRoot,
  name: "a code-server of a user without a home directory is not started, and no file is left",
  async fn() {
    await using sandbox = await makeSandbox();
    const program = await asUser(sandbox, unusedUid());
    const args = ["run", "--no-log-file", "--code-server", "--", "echo", "up"];
    const { code, stdout, stderr } = await run(program, sandbox, { args, env: { HOME: "" } });
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "no home directory for code-server's files");
    assertEquals(filesIn(sandbox.path("run/sessionctl/run")), []);
  },
});

Deno.test("a run that may take any time to stop tells clients so", async () => {
  await using sandbox = await makeSandbox();
  startRun(sandbox, ["--stop-timeout", "never", "--", "sleep", "60"]);
  await childOf(sandbox, "sleep");
  assertEquals((await runsIn(sandbox))[0]!.stopTimeoutMs, Number.MAX_SAFE_INTEGER);
});

/** Another user with files in a second runtime directory, which is made for that user alone. */
async function otherUser(sandbox: Sandbox) {
  const uid = unusedUid();
  const program = await asUser(sandbox, uid);
  const second = `/tmp/sessionctl-${uid}`;
  sandbox.defer(() => Deno.remove(second, { recursive: true }));
  return { program, second };
}

Deno.test({
  ...asRoot,
  name: "a run whose first runtime directory is open to others uses the next one",
  async fn() {
    await using sandbox = await makeSandbox();
    const { program, second } = await otherUser(sandbox);
    await Deno.mkdir(sandbox.path("run/sessionctl"));
    await Deno.chmod(sandbox.path("run/sessionctl"), 0o777);
    await new Deno.Command("chown", {
      args: ["--reference", sandbox.directory, sandbox.path("run/sessionctl")],
    }).output();
    startRun(sandbox, ["--name", "api", "--", "sleep", "60"], { program });
    await until("it runs there", () => exists(`${second}/run/api.sock`));
    const { stdout } = await run(program, sandbox, { args: ["run", "--list", "--json"] });
    assertStringIncludes(stdout, '"name":"api"');
  },
});

Deno.test({
  ...asRoot,
  name: "a run's command gets the registry that runs, although another path comes first",
  async fn() {
    await using sandbox = await makeSandbox();
    const { program, second } = await otherUser(sandbox);
    const { XDG_RUNTIME_DIR: _, ...env } = sandbox.env;
    await startServer({ ...sandbox, env }, { program, state: null });
    const args = ["run", "--no-log-file", "sh", "-c", 'echo "$SESSIONCTL_SOCKET"'];
    const { stdout } = await run(program, sandbox, { args });
    assertEquals(stdout, `${second}/registry.sock\n`);
  },
});
