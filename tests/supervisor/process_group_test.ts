import { assertEquals } from "@std/assert";
import { isRunning } from "../../src/platform/mod.ts";
import { listProcesses } from "../../src/platform/processes.ts";
import { endProcesses } from "../../src/supervisor/process_group.ts";

Deno.test("processes are ended although they cannot be listed for a moment", {
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
