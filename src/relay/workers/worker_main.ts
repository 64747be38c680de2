import { joinParent } from "../../supervisor/mod.ts";
import { startRelay } from "../start.ts";
import { sumStats } from "../status/stats.ts";
import { type WorkerOrder, workerParentService, workerService } from "./protocol.ts";

/**
 * A worker process: gets its order in the handshake, does what its parent tells, and ends
 * with it.
 */
export async function runWorker(version: string, log: (line: string) => void): Promise<void> {
  const ending = Promise.withResolvers<void>();
  const parent = await joinParent<WorkerOrder>({ version, onParentGone: () => ending.resolve() });
  const { config, material } = parent.args;
  let running;
  try {
    running = await startRelay(config, { shared: true, fallback: material, log });
  } catch (error) {
    return await parent.failed(error);
  }
  const { relay, watch } = running;
  const work = parent.begin("open connections");
  workerService.serve(parent.peer, {
    stats: () => Promise.resolve(sumStats([relay.stats()])),
    activity: () => Promise.resolve(relay.activity()),
    reload: () => watch.reload(),
    drain: () => Promise.resolve(ending.resolve()),
  });
  await parent.ready();
  await ending.promise;
  watch.close();
  const aborted = await relay.close();
  // A parent that is gone need not be told.
  await workerParentService.client(parent.peer).drained(sumStats([relay.stats()]), aborted)
    .catch(() => {});
  work.dispose();
}
