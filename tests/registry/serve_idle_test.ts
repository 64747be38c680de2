/** An idle server sleeps: it wakes up less than once a second. */
import { assert } from "@std/assert";
import { delay } from "@std/async/delay";
import { makeSandbox, startEditor, until } from "../support/mod.ts";
import { register, startServer } from "./serve_support.ts";

const SECONDS = 12;

/**
 * How often the threads of a process have gone to sleep, which is how often they woke up. Source:
 * proc(5), `voluntary_ctxt_switches`.
 */
function sleeps(pid: number): number {
  let sum = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
    sum += Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)![1]);
  }
  return sum;
}

Deno.test({
  name: "an idle server with a session wakes up at most once a second",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using sandbox = await makeSandbox();
    const server = await startServer(sandbox, { args: ["--prune-interval", "30s"] });
    const editor = await startEditor(sandbox);
    await register(server.socket, editor.socketPath, "/work");
    const { pid } = server.child;
    let before = 0;
    // Some seconds after the last work, V8 collects garbage for a while.
    await until(
      "it is at rest",
      () => {
        const former = before;
        before = sleeps(pid);
        return before - former <= 4;
      },
      60_000,
      3000,
    );
    const start = sleeps(pid);
    await delay(SECONDS * 1000);
    const count = sleeps(pid) - start;
    assert(count <= SECONDS, `it woke up ${count} times in ${SECONDS} s`);
  },
});
