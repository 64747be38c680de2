import { dirname } from "@std/path";
import { writePidFile } from "../../background/mod.ts";
import { ExitCode, exitCodeOf, type Output, VERSION } from "../../cli/mod.ts";
import { ensurePrivateDirectory } from "../../platform/mod.ts";
import { surviveErrors } from "../../platform/survive_errors.ts";
import { checkVacant, RegistryClient, supervisorLockPath, takeLock } from "../../registry/mod.ts";
import {
  describeEvent,
  endLike,
  followSignals,
  joinParent,
  supervise,
  type SuperviseEvent,
} from "../../supervisor/mod.ts";
import { tellManager } from "../shared/service_events.ts";
import type { ServeOrder } from "./order.ts";
import { runRegistry } from "./run.ts";

/**
 * Clients wait two seconds for a registry that restarts; the first restarts are well within that.
 */
const BACKOFF = { firstMs: 100 };

/**
 * `serve --supervise`: the parent process. It holds a lock of its own, by which clients detect it.
 *
 * @param stopTimeoutMs Time limit for the registry to end, in milliseconds.
 */
export async function superviseRegistry(
  order: ServeOrder,
  stopTimeoutMs: number,
  output: Output,
): Promise<number> {
  using _errors = surviveErrors((line) => output.note(line));
  ensurePrivateDirectory(dirname(order.socketPath));
  const { socketPath } = order;
  const lock = await takeLock(supervisorLockPath(socketPath), "supervised", socketPath);
  let removePidFile: (() => void) | undefined;
  try {
    removePidFile = await claimPidFile(order);
  } catch (error) {
    lock.release();
    throw error;
  }
  const flags = (["json", "quiet", "verbose"] as const).filter((name) => output[name]);
  const toManager = tellManager("the registry", (timeoutMs) => answers(socketPath, timeoutMs));
  const child = supervise({
    self: ["serve", "--supervised", ...flags.map((name) => `--${name}`)],
    handshake: () => ({ ...order, pidFile: undefined }),
  }, {
    restart: "on-failure",
    backoff: BACKOFF,
    stopTimeoutMs,
    onEvent: (event) => {
      tell(event, output);
      toManager(event);
    },
  });
  const unfollow = followSignals(child);
  const wasReady = await child.ready.then(() => true, () => false);
  const exit = await child.ended;
  // Without a handler, a late signal would end this process instead of the registry's own exit
  // code.
  if (exit.signal) unfollow();
  removePidFile?.();
  lock.release();
  if (!wasReady && exit.error) throw exit.error;
  return exit.gaveUp ? ExitCode.Failed : await endLike(exit);
}

/**
 * Writes the pid file, unless another registry runs there, which may use the same file. This
 * happens before the child answers, because a client that waits for the answer may read it at once.
 */
async function claimPidFile(
  { socketPath, pidFile }: ServeOrder,
): Promise<(() => void) | undefined> {
  await checkVacant(socketPath);
  return pidFile === undefined ? undefined : writePidFile(pidFile);
}

/** Whether the registry answers; a registry that hangs keeps its lock and its connections. */
async function answers(socket: string, timeoutMs: number): Promise<boolean> {
  const client = new RegistryClient({ socket, timeoutMs, returnMs: 0 });
  return await client.health().then(() => true, () => false);
}

/** Logs an event; expected events only with `--verbose`. */
function tell(event: SuperviseEvent, output: Output): void {
  const text = describeEvent(event, "the registry");
  const expected = ["started", "ready"].includes(event.type) || event.type === "stopping" ||
    event.type === "exited" && event.exit.code === 0;
  if (expected) output.step(text);
  else output.note(text);
}

/** The child process: it gets its arguments from the parent, and ends with it. */
export async function serveAsChild(output: Output): Promise<number> {
  const ending = Promise.withResolvers<void>();
  const parent = await joinParent<ServeOrder>({
    version: VERSION,
    onParentGone: () => ending.resolve(),
  });
  using _work = parent.begin("serving the registry");
  try {
    return await runRegistry(parent.args, output, {
      ending: ending.promise,
      onListening: () => parent.ready(),
    });
  } catch (error) {
    await parent.failed(error);
    return exitCodeOf(error);
  }
}
