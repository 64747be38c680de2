import { assert, assertEquals, assertMatch } from "@std/assert";
import { supervise } from "../../src/supervisor/mod.ts";
import { Backoff } from "../../src/supervisor/backoff.ts";
import { compiled, makeSandbox, seeded } from "../support/mod.ts";
import { assertNothingLeft, childProgram, shell, startParent } from "./support.ts";

Deno.test("each pause is twice the previous one, up to the longest, until the parent gives up", () => {
  const backoff = new Backoff({ firstMs: 1000, longestMs: 60_000, jitter: 0 }, 8);
  const pauses = Array.from({ length: 9 }, () => backoff.next(10));
  const doubled = [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000);
  assertEquals(pauses, [...doubled, undefined]);
});

Deno.test("a child that ran long enough starts again with the first pause", () => {
  const backoff = new Backoff({ jitter: 0 }, 3);
  assertEquals([backoff.next(0), backoff.next(59_999), backoff.next(0)], [1000, 2000, 4000]);
  assertEquals([backoff.next(60_000), backoff.attempts], [1000, 1]);
});

Deno.test("jitter changes pauses by up to a fifth, and never beyond the longest", () => {
  const random = seeded(1);
  const backoff = new Backoff({ firstMs: 100, longestMs: 6400 }, Infinity, random);
  const seen = new Set<number>();
  for (let attempt = 0; attempt < 1000; attempt++) {
    const pause = backoff.next(0)!;
    const plain = Math.min(6400, 100 * 2 ** attempt);
    assert(pause >= plain * 0.8 && pause <= Math.min(6400, plain * 1.2), `${attempt}: ${pause}`);
    seen.add(pause);
  }
  assert(seen.size > 400, `${seen.size} different pauses`);
});

Deno.test("quick crashes under a guard leave no descriptor, process or socket file", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, shell("exit 1"), {
    backoff: { firstMs: 1, longestMs: 2 },
    giveUpAfter: 25,
  });
  await parent.ended;
  assertEquals((await parent.says("ended")).exit.gaveUp, true);
  await assertNothingLeft(parent);
  assertEquals([...Deno.readDirSync(sandbox.path("run/sessionctl"))], []);
});

Deno.test("the restart policies are always, on failure and never", async () => {
  const runs = async (restart: "always" | "on-failure" | "never", code: number) => {
    let started = 0;
    const child = supervise({ command: "/bin/sh", args: ["-c", `exit ${code}`], guard: false }, {
      restart,
      backoff: { firstMs: 1 },
      giveUpAfter: 2,
      onEvent: ({ type }) => void (type === "started" && started++),
    });
    await child.ended;
    return started;
  };
  assertEquals([await runs("always", 0), await runs("always", 1)], [3, 3]);
  assertEquals([await runs("on-failure", 0), await runs("on-failure", 1)], [1, 3]);
  assertEquals([await runs("never", 0), await runs("never", 1)], [1, 1]);
});

Deno.test("SIGUSR1 and SIGUSR2 start the child again with the same arguments", async () => {
  await using sandbox = await makeSandbox();
  for (const guard of [true, false]) {
    const child = { command: "/bin/sh", args: ["-c", 'echo "$0 up"; sleep 600', "same"], guard };
    const parent = startParent(sandbox, child, { restart: "never" });
    const first = await parent.says("started");
    parent.signal("SIGUSR1");
    const second = await parent.says("started", 2);
    await parent.says("relaunched");
    parent.signal("SIGUSR2");
    const third = await parent.says("started", 3);
    assertEquals(new Set([first.pid, second.pid, third.pid]).size, 3);
    assertEquals((await parent.says("relaunching", 2)).reason, "SIGUSR2");
    await parent.writes(/^same up$/);
    parent.signal("SIGTERM");
    await parent.ended;
    assertEquals(new Set(parent.lines().filter((line) => line !== "Terminated")).size, 1);
  }
});

Deno.test("a relaunch requested before the first child is ready relaunches once and does not end the parent", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: [] }, {
    program: childProgram,
    launches: [["forever"], ["ready", "forever"]],
    restart: "never",
  });
  await parent.writes(/^joined .*\["forever"\]/);
  parent.signal("SIGUSR2");
  await parent.says("relaunched");
  parent.signal("SIGTERM");
  await parent.ended;
});

Deno.test("a child is restarted even if the working directory was removed", async () => {
  await using sandbox = await makeSandbox();
  const children = [[{ self: [] }, childProgram], [shell("sleep 600"), compiled]] as const;
  for (const [spec, program] of children) {
    const directory = sandbox.path("removed");
    await Deno.mkdir(directory);
    const parent = startParent({ ...sandbox, directory }, spec, {
      program,
      launches: [["ready", "forever"]],
      backoff: { firstMs: 1 },
    });
    await parent.says("started");
    await Deno.remove(directory);
    parent.signal("SIGUSR1");
    await parent.says("relaunched");
    parent.signal("SIGTERM");
    await parent.ended;
  }
});

Deno.test("a relaunch does not wait for the pause, and ends a child that ignores SIGTERM", async () => {
  await using sandbox = await makeSandbox();
  const flag = sandbox.path("second");
  const script =
    `[ -e ${flag} ] || { touch ${flag}; exit 1; }; trap '' TERM; echo up; sleep 600; sleep 600`;
  const parent = startParent(sandbox, shell(script), {
    backoff: { firstMs: 600_000 },
    stopTimeoutMs: 100,
  });
  await parent.says("restarting");
  parent.signal("SIGUSR1");
  await parent.says("relaunched");
  await parent.writes(/^up$/);
  parent.signal("SIGUSR1");
  await parent.says("killed");
  await parent.says("started", 3);
  parent.signal("SIGTERM");
  await parent.ended;
});

Deno.test("an own child can request its relaunch, and the old and new versions are reported", async () => {
  await using sandbox = await makeSandbox();
  const parent = startParent(sandbox, { self: ["1.2.3"] }, {
    program: childProgram,
    launches: [["ready", "relaunch 2.0.0", "forever"], ["ready", "forever"]],
    stopTimeoutMs: 2000,
  });
  const { reason, oldVersion, newVersion } = await parent.says("relaunching");
  assertEquals([reason, oldVersion, newVersion], ["requested by the child", "1.2.3", "2.0.0"]);
  const relaunched = await parent.says("relaunched");
  // The child reports its actual version, which need not be the announced one.
  assertEquals([relaunched.oldVersion, relaunched.newVersion], ["1.2.3", "1.2.3"]);
  assertMatch((await parent.writes(/^joined .*\["ready","forever"\]/))[0], /joined/);
  parent.signal("SIGTERM");
  await parent.ended;
});
