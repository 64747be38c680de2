import { assert, assertEquals, assertMatch } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { exists, makeSandbox, until, writeExecutables } from "../support/mod.ts";
import { assertGoneInTime, childProgram, PATIENCE_MS, shell, startParent } from "./support.ts";

const PATIENT = { stopTimeoutMs: 60_000 };

for (const guard of [true, false]) {
  const kind = guard ? "guarded" : "unguarded";

  Deno.test(`a ${kind} child that ignores SIGTERM is killed after the stop timeout`, async () => {
    await using sandbox = await makeSandbox();
    const script = "trap '' TERM; sleep 600 & echo $!; wait; sleep 600; sleep 600";
    const parent = startParent(sandbox, shell(script, guard), { stopTimeoutMs: 200 });
    const [, pid] = await parent.writes(/^([0-9]+)$/);
    const started = await parent.says("started");
    parent.signal("SIGTERM");
    assertEquals((await parent.says("killed")).afterMs, 200);
    const { code, signal } = await parent.ended;
    assertEquals([code, signal], [137, "SIGKILL"]);
    await assertGoneInTime([started.pid, Number(pid)]);
  });

  Deno.test(`SIGTERM reaches the whole group of a ${kind} child, whose exit code is kept`, async () => {
    await using sandbox = await makeSandbox();
    const script = `
      sh -c 'trap "echo inner; exit 0" TERM; echo ready; while :; do sleep 0.05; done' &
      trap 'wait; echo outer; exit 7' TERM
      while :; do sleep 0.05; done
    `;
    const parent = startParent(sandbox, shell(script, guard), PATIENT);
    await parent.writes(/^ready$/);
    parent.signal("SIGTERM");
    assertEquals((await parent.ended).code, 7, parent.errors());
    // The shells also report each `sleep` that was terminated.
    const said = parent.lines().filter((line) => /^(inner|outer)$/.test(line));
    assertEquals(said.sort(), ["inner", "outer"]);
  });

  Deno.test(`the signal that ended a ${kind} child ends its parent`, async () => {
    await using sandbox = await makeSandbox();
    const child = { command: "sleep", args: ["600"], guard };
    for (const sent of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      const parent = startParent(sandbox, child, PATIENT);
      await parent.says("started");
      parent.signal(sent);
      assertEquals((await parent.ended).signal, sent, parent.errors());
    }
  });
}

Deno.test("exit codes are kept, and a missing program gives 127 and an explanation", async () => {
  await using sandbox = await makeSandbox();
  const ends = async (spec: Parameters<typeof startParent>[1]) => {
    const parent = startParent(sandbox, spec, { restart: "never" });
    const { code } = await parent.ended;
    return { code, exit: (await parent.says("ended")).exit };
  };
  for (const guard of [true, false]) {
    assertEquals((await ends(shell("exit 0", guard))).code, 0);
    assertEquals((await ends(shell("exit 42", guard))).code, 42);
    const aborted = await ends(shell("kill -ABRT $$", guard));
    assertEquals([aborted.code, aborted.exit.signal], [134, "SIGABRT"]);
    const missing = await ends({ command: "no-such-program", args: [], guard });
    assertEquals(missing.code, 127);
    assertMatch(missing.exit.error, /cannot start no-such-program/);
  }
});

Deno.test("a second signal ends a child immediately", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(
    sandbox,
    shell("trap '' TERM; echo up; sleep 600; sleep 600"),
    PATIENT,
  );
  await parent.writes(/^up$/);
  parent.signal("SIGTERM");
  await parent.says("stopping");
  parent.signal("SIGTERM");
  assertEquals((await parent.ended).signal, "SIGKILL");
});

Deno.test("a stopped guard cannot keep its program alive", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { command: "sleep", args: ["600"], guard: true }, {
    stopTimeoutMs: 100,
  });
  const { pid } = await parent.says("started");
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  Deno.kill(Number(/^PPid:\s+([0-9]+)$/m.exec(status)![1]), "SIGSTOP");
  parent.signal("SIGTERM");
  await parent.ended;
  await assertGoneInTime([pid]);
});

Deno.test("a parent that waits to restart its child ends immediately", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, shell("exit 5"), { backoff: { firstMs: 600_000 } });
  await parent.says("restarting");
  parent.signal("SIGTERM");
  assertEquals((await parent.ended).code, 5);
});

Deno.test("a parent that is stopped while its child starts leaves no process", async () => {
  await using sandbox = await makeSandbox();
  // The child never asks for the handshake.
  const program = { command: "/bin/sh", args: ["-c", "echo $$; exec sleep 600"] };
  const parent = startParent(sandbox, { self: [] }, { program, ...PATIENT });
  const [, pid] = await parent.writes(/^([0-9]+)$/);
  assert(isRunning(Number(pid)));
  parent.signal("SIGINT");
  // There is no failure: the parent was stopped.
  assertEquals((await parent.says("ended")).exit, { code: 130, signal: "SIGINT" });
  assertEquals((await parent.ended).signal, "SIGINT");
  await assertGoneInTime([Number(pid)]);
});

Deno.test({
  name: "a program that is being started when the stop arrives gets the same signal",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    // The guard tries setpriv before it starts the program, and waits for it.
    const [asked, go] = [sandbox.path("asked"), sandbox.path("go")];
    await Deno.mkdir(sandbox.path("bin"));
    await writeExecutables({
      [sandbox.path("bin/setpriv")]:
        `#!/bin/sh\n: >'${asked}'; until [ -e '${go}' ]; do sleep 0.05; done; exit 1\n`,
    });
    const env = { PATH: `${sandbox.path("bin")}:${sandbox.env.PATH}` };
    const parent = startParent(sandbox, { command: "sleep", args: ["600"], guard: true }, {
      ...PATIENT,
      handshakeMs: 60_000,
      env,
    });
    await until("the guard is about to start it", () => exists(asked), PATIENCE_MS);
    parent.signal("SIGINT");
    await parent.says("stopping");
    await Deno.writeTextFile(go, "");
    assertEquals((await parent.says("ended")).exit.signal, "SIGINT");
    await parent.ended;
  },
});

Deno.test("foreign children get their variables and working directory, and none of our role variables", async () => {
  await using sandbox = await makeSandbox();
  for (const guard of [true, false]) {
    const script = 'pwd; echo "mine $MINE"; env | grep -c ^SESSIONCTL_PARENT; exit 0';
    const env = { SESSIONCTL_PARENT_PID: "1", SESSIONCTL_PARENT_SOCKET: "/nowhere" };
    // A caller that passes its own environment on may include the role variables.
    const given = { MINE: "yes", ...env };
    const spec = { ...shell(script, guard), cwd: sandbox.path("home"), env: given };
    const parent = startParent(sandbox, spec, { env });
    await parent.ended;
    assertEquals(parent.lines(), [sandbox.path("home"), "mine yes", "0"], parent.errors());
  }
});

Deno.test("without a line handler the child writes to the parent's own output", async () => {
  await using sandbox = await makeSandbox();
  for (const guard of [true, false]) {
    const parent = startParent(sandbox, shell('echo \'{"type":"direct"}\'', guard), {
      lines: false,
    });
    await parent.says("direct");
    await parent.ended;
  }
});

Deno.test("an own child's last lines are read to the end, even by a slow reader", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["ready", "exit 3"]],
    restart: "never",
  });
  assertEquals((await parent.ended).code, 3);
  assertMatch(parent.lines()[0]!, /^joined [0-9]+ \["ready","exit 3"\]$/);
  assertEquals(parent.lines()[1], "inherits nothing");
});
