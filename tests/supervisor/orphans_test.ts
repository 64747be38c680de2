import { assertEquals } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { exists, makeSandbox, type Sandbox, until } from "../support/mod.ts";
import {
  assertGoneInTime,
  canRun,
  childProgram,
  PATIENCE_MS,
  type RunningParent,
  shell,
  sourceProgram,
  startParent,
} from "./support.ts";

const ignore = Deno.build.os !== "linux";

/** Starts several kinds of descendants; each prints its pid, and none ends by itself. */
const FAMILY = `
  trap '' TERM
  sleep 600 & echo child $!
  (sleep 600 & echo grandchild $!)
  setsid sh -c 'trap "" TERM HUP; echo session $$; sleep 600; sleep 600' &
  (setsid sh -c 'sleep 600 & echo doubly $!' &)
  echo self $$
  sleep 600; sleep 600
`;

async function familyOf(parent: RunningParent): Promise<number[]> {
  const names = ["self", "child", "grandchild", "session", "doubly"];
  const matches = names.map((name) => parent.writes(new RegExp(`^${name} ([0-9]+)$`)));
  return (await Promise.all(matches)).map(([, pid]) => Number(pid));
}

/** The pid of the guard, which is the program's parent. */
function guardOf(pid: number): number {
  return Number(/^PPid:\s+([0-9]+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]);
}

/** The sockets for expected children; a socket is removed when its child has connected. */
function childSockets(sandbox: Sandbox): string[] {
  const directory = sandbox.path("run/sessionctl");
  return [...Deno.readDirSync(directory)].map(({ name }) => name);
}

for (const program of [undefined, sourceProgram]) {
  const name = program ? "source" : "compiled";
  Deno.test({
    name: `kill -9 of the parent leaves no process of a guarded child (${name})`,
    ignore,
    async fn() {
      await using sandbox = await makeSandbox();
      const parent = startParent(sandbox, shell(FAMILY), program && { program });
      const family = await familyOf(parent);
      assertEquals(childSockets(sandbox), []);
      const guard = guardOf(family[0]!);
      parent.signal("SIGKILL");
      await assertGoneInTime([...family, guard]);
    },
  });
}

Deno.test({
  name:
    "after kill -9 of the guard, the parent ends the guarded processes and starts the program again",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const parent = startParent(sandbox, shell(FAMILY), {
      backoff: { firstMs: 1 },
      stopTimeoutMs: 100,
    });
    const family = await familyOf(parent);
    // The program may have written before its guard has reported the start.
    await parent.says("started");
    Deno.kill(guardOf(family[0]!), "SIGKILL");
    await assertGoneInTime(family);
    await parent.says("guard-lost");
    assertEquals((await parent.says("exited")).exit.signal, "SIGKILL");
    const { pid } = await parent.says("started", 2);
    assertEquals(isRunning(pid), true, parent.errors());
    parent.signal("SIGTERM");
    await parent.ended;
  },
});

Deno.test({
  name: "kill -9 of parent and guard together ends the program itself, where setpriv is installed",
  ignore: ignore || !await canRun("setpriv", "--pdeathsig", "KILL", "true"),
  async fn() {
    await using sandbox = await makeSandbox();
    const parent = startParent(sandbox, { command: "sleep", args: ["600"], guard: true });
    const { pid } = await parent.says("started");
    const guard = guardOf(pid);
    // A stopped guard sees nothing until it is killed.
    Deno.kill(guard, "SIGSTOP");
    parent.signal("SIGKILL");
    Deno.kill(guard, "SIGKILL");
    await assertGoneInTime([pid]);
  },
});

for (const program of [undefined, sourceProgram]) {
  Deno.test({
    name: `a guard starts its program from its main thread (${program ? "source" : "compiled"})`,
    ignore,
    async fn() {
      // The death signal is sent when the thread that started the program ends, not its process.
      await using sandbox = await makeSandbox();
      const parent = startParent(sandbox, { command: "sleep", args: ["600"], guard: true }, {
        program,
      });
      const { pid } = await parent.says("started");
      const guard = guardOf(pid);
      const children = Deno.readTextFileSync(`/proc/${guard}/task/${guard}/children`);
      assertEquals(children.trim(), String(pid));
      parent.signal("SIGTERM");
      await parent.ended;
    },
  });
}

Deno.test({
  name: "SIGTERM sent only to the guard ends the processes it guards",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const parent = startParent(sandbox, shell(FAMILY), { restart: "never" });
    const family = await familyOf(parent);
    Deno.kill(guardOf(family[0]!), "SIGTERM");
    await assertGoneInTime(family);
    await parent.ended;
  },
});

Deno.test("a child that is this program ends when its parent is killed", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["begin work", "ready", "forever"]],
  });
  const { pid } = await parent.says("started");
  await parent.writes(/^joined/);
  parent.signal("SIGKILL");
  await assertGoneInTime([pid]);
});

Deno.test({
  name: "processes in sessions of their own are spared if so configured",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const spec = { ...shell(FAMILY), spareSessions: true };
    for (const end of ["SIGTERM", "SIGKILL"] as const) {
      const parent = startParent(sandbox, spec, { stopTimeoutMs: 100 });
      const [self, child, grandchild, session, doubly] = await familyOf(parent);
      sandbox.defer(() => [-session!, doubly!].forEach((pid) => Deno.kill(pid, "SIGKILL")));
      parent.signal(end);
      await assertGoneInTime([self!, child!, grandchild!]);
      await parent.ended;
      assertEquals([session!, doubly!].filter(isRunning), [session!, doubly!]);
    }
  },
});

Deno.test({
  name:
    "after kill -9 of the guard, processes without its environment are ended, and other sessions spared",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const script = `
      env -i sleep 600 & echo cleared $!
      setsid sh -c 'echo session $$; exec sleep 600' &
      echo self $$; sleep 600; sleep 600
    `;
    const spec = { ...shell(script), spareSessions: true };
    const parent = startParent(sandbox, spec, { restart: "never" });
    const pidOf = async (name: string) =>
      Number((await parent.writes(new RegExp(`^${name} ([0-9]+)$`)))[1]);
    const [self, cleared, session] = await Promise.all(["self", "cleared", "session"].map(pidOf));
    sandbox.defer(() => Deno.kill(session!, "SIGKILL"));
    await parent.says("started");
    Deno.kill(guardOf(self!), "SIGKILL");
    await parent.ended;
    await assertGoneInTime([self!, cleared!]);
    assertEquals(isRunning(session!), true);
  },
});

Deno.test({
  name: "processes that a child leaves behind are ended before the child is restarted",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    for (const guard of [true, false]) {
      const leave = "trap '' TERM; sleep 600 & echo left $!; (setsid sleep 600 & echo away $!)";
      const parent = startParent(sandbox, shell(`${leave}; exit 3`, guard), {
        backoff: { firstMs: 1 },
        giveUpAfter: 1,
      });
      const { exit } = await parent.says("ended");
      assertEquals([exit.code, exit.gaveUp], [3, true]);
      const away = parent.lines().filter((line) => guard || line.startsWith("left"));
      const left = away.map((line) => Number(line.split(" ")[1]));
      assertEquals(left.length, guard ? 4 : 2, parent.errors());
      assertEquals(left.filter(isRunning), []);
      for (const line of parent.lines()) {
        try {
          Deno.kill(Number(line.split(" ")[1]), "SIGKILL");
        } catch { /* it has ended */ }
      }
      await parent.ended;
    }
  },
});

Deno.test({
  name: "an orphan that ends while its program runs is reaped",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const parent = startParent(sandbox, shell("(sleep 0 & echo orphan $!); sleep 600; sleep 600"));
    const [, pid] = await parent.writes(/^orphan ([0-9]+)$/);
    await parent.says("started");
    await until("nothing is left of it", () => !exists(`/proc/${pid}`), PATIENCE_MS);
    parent.signal("SIGTERM");
    await parent.ended;
  },
});
