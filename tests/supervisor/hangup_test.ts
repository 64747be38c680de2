/** A closed terminal sends SIGHUP. */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { startServer } from "../registry/serve_support.ts";
import { makeSandbox, testProgram, until } from "../support/mod.ts";
import { PATIENCE_MS } from "./support.ts";
import { childOf, runsIn, startRun } from "../run/support.ts";

testProgram("a registry whose terminal closes ends as after SIGTERM", async (program) => {
  await using sandbox = await makeSandbox();
  for (const args of [[], ["--supervise"]]) {
    const server = await startServer(sandbox, { program, args });
    server.child.kill("SIGHUP");
    assertEquals(await server.ended, 0, server.said());
    assertEquals([...Deno.readDirSync(dirname(server.socket))], []);
  }
});

testProgram("a run that was started with nohup outlives its terminal", async (program) => {
  await using sandbox = await makeSandbox();
  const shell = ["-c", `trap "" HUP; exec "$@"`, "sh"];
  const nohup = { ...program, command: "sh", args: [...shell, program.command, ...program.args] };
  const running = startRun(sandbox, ["--", "sleep", "60"], { program: nohup });
  const pid = await childOf(sandbox, "sleep");
  running.child.kill("SIGHUP");
  // The run answers in order, so by then it would have reported its end.
  const [run] = await runsIn(sandbox);
  assertEquals([run!.state, run!.childPid], ["running", pid]);
  await running.stop();
});

testProgram(
  "a closing terminal sends SIGHUP twice, and the command still gets its own time to end",
  async (program) => {
    await using sandbox = await makeSandbox();
    const leave = sandbox.path("leave");
    const ending = `until [ -e '${leave}' ]; do sleep 0.1; done; echo ended; exit 7`;
    const script = `trap "${ending}" HUP; echo up; while :; do sleep 0.1; done`;
    const args = ["--name", "api", "--stop-timeout", "1m", "--", "sh", "-c", script];
    const running = startRun(sandbox, args, { program });
    await until("the command runs", () => running.lines.includes("up"), PATIENCE_MS);
    running.child.kill("SIGHUP");
    await running.says(/stopping api with SIGHUP/);
    running.child.kill("SIGHUP");
    // The cleanup of a login session sends this to a process that is already ending.
    running.child.kill("SIGTERM");
    // The run answers in order, so it has received the signal by then.
    assertEquals((await runsIn(sandbox)).map(({ state }) => state), ["stopping"]);
    await Deno.writeTextFile(leave, "");
    assertEquals([await running.ended, running.lines], [7, ["up", "ended"]]);
  },
);
