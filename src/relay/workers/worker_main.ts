import { joinParent } from "../../supervisor/mod.ts";
import { startRelay } from "../start.ts";
import { sumStats } from "../status/stats.ts";
import { type WorkerOrder, workerParentService, workerService } from "./protocol.ts";

/**
 * A worker process: it gets its order in the handshake, serves its parent's requests, and ends with
 * its parent.
 */
export async function runWorker(version: string, log: (line: string) => void): Promise<void> {
  const ending = Promise.withResolvers<void>();
  const parent = await joinParent<WorkerOrder>({ version, onParentGone: () => ending.resolve() });
  const { config, material, processes } = parent.args;
  let running;
  try {
    running = await startRelay(config, { processes, fallback: material, log });
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
  // The parent may have ended.
  await workerParentService.client(parent.peer).drained(sumStats([relay.stats()]), aborted)
    .catch(() => {});
  work.dispose();
}
