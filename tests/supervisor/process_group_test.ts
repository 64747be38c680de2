import { assertEquals } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { listProcesses } from "../../src/platform/processes.ts";
import { askToEnd, endProcesses } from "../../src/supervisor/process_group.ts";

Deno.test("processes are ended even if listing them fails temporarily", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
  let times = 0;
  const count = await endProcesses(() => {
    if (times++ === 0) throw new Error("too many open files");
    return listProcesses().filter(({ pid }) => pid === child.pid);
  });
  await child.status;
  assertEquals([count, isRunning(child.pid)], [1, false]);
});

const entry = (state: string) => ({ pid: 2 ** 30, parent: 1, group: 1, session: 1, state });

Deno.test("zombies are not signalled again", async () => {
  let rounds = 0;
  assertEquals(await endProcesses(() => [entry("Z")], () => rounds++), 0);
  await askToEnd(() => [entry("Z")], 1000, () => rounds++);
  assertEquals(rounds, 0);
});

Deno.test("a process is asked to end only once, however long it takes", async () => {
  const sent: unknown[][] = [];
  const { kill } = Deno;
  (Deno as { kill: typeof kill }).kill = (...args) => void sent.push(args);
  try {
    let rounds = 0;
    await askToEnd(() => rounds < 3 ? [entry("S")] : [], 60_000, () => rounds++);
    assertEquals(rounds, 3);
  } finally {
    (Deno as { kill: typeof kill }).kill = kill;
  }
  assertEquals(sent, [[2 ** 30, "SIGTERM"]]);
});
