import { delay } from "@std/async/delay";
import { until } from "./until.ts";

/**
 * How often the threads of a process have gone to sleep, which is how often they woke up. Source:
 * proc(5), `voluntary_ctxt_switches`.
 */
function sleepsOf(pid: number): number {
  let sum = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
    sum += Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)![1]);
  }
  return sum;
}

/**
 * Waits until a process has nothing left to do, and then counts how often it wakes up (Linux).
 *
 * @param pid The process; its children do not count.
 * @param seconds Duration of the count.
 */
export async function wakeUps(pid: number, seconds: number): Promise<number> {
  let before = 0;
  // Some seconds after the last work, V8 collects garbage for a while.
  await until(
    "it is at rest",
    () => {
      const former = before;
      before = sleepsOf(pid);
      return before - former <= 4;
    },
    60_000,
    3000,
  );
  const start = sleepsOf(pid);
  await delay(seconds * 1000);
  return sleepsOf(pid) - start;
}
