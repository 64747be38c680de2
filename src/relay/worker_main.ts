import { messageOf, onSignals, SessionctlError } from "../platform/mod.ts";
import { readLines } from "./lines.ts";
import { startRelay } from "./start.ts";
import { sumStats } from "./stats.ts";
import type { WorkerCommand, WorkerMessage } from "./worker_process.ts";
import type { WorkerOrder } from "./workers.ts";

const encoder = new TextEncoder();

function say(message: WorkerMessage): void {
  const bytes = encoder.encode(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** A worker process: takes its order and commands from stdin, and ends with its parent. */
export async function runWorker(log: (line: string) => void): Promise<void> {
  // A terminal's Ctrl-C reaches the parent too, which tells us what to do.
  onSignals(["SIGINT", "SIGHUP"], () => {});
  const lines = readLines(Deno.stdin.readable);
  const first = await lines.next();
  if (first.done) return;
  const order = revive(first.value);
  let running;
  try {
    running = await startRelay(order.config, {
      shared: true,
      credentials: order.credentials,
      log,
    });
  } catch (error) {
    const code = error instanceof SessionctlError ? error.code : "INTERNAL";
    return say({ type: "failed", code, message: messageOf(error) });
  }
  say({ type: "ready" });
  for await (const line of lines) {
    const command = JSON.parse(line) as WorkerCommand;
    if (command === "reload") running.reload();
    else if (command === "stats") {
      say({ type: "stats", stats: sumStats([running.relay.stats()]) });
    } else break;
  }
  running.stop();
  const aborted = await running.relay.close();
  say({ type: "stats", stats: sumStats([running.relay.stats()]) });
  say({ type: "drained", aborted });
}

/** JSON has no Infinity; it writes null where a limit is off. */
function revive(line: string): WorkerOrder {
  const order = JSON.parse(line) as WorkerOrder;
  const limits = Object.fromEntries(
    Object.entries(order.config.limits).map(([name, value]) => [name, value ?? Infinity]),
  ) as unknown as WorkerOrder["config"]["limits"];
  return { ...order, config: { ...order.config, limits } };
}
