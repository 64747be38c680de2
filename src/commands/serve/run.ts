import { ownLogFile, writePidFile } from "../../background/mod.ts";
import { ExitCode, type Output, VERSION } from "../../cli/mod.ts";
import type { PassedSocket } from "../../platform/service_manager/mod.ts";
import { endSignals, onSignals, printablePath } from "../../platform/mod.ts";
import { surviveErrors } from "../../platform/survive_errors.ts";
import {
  describeSession,
  type RegistryEvent,
  serveRegistry,
  type SessionEntry,
} from "../../registry/mod.ts";
import { startExtras } from "./extras.ts";
import type { ServeOrder } from "./order.ts";

/** Hooks and resources of a supervised or passed registry. */
export interface RunHooks {
  /** Ends the registry when it resolves, like SIGTERM. */
  readonly ending?: Promise<unknown>;
  onListening?(): Promise<void>;
  /** The socket at `socketPath`, if the service manager has bound it. */
  readonly passedSocket?: PassedSocket;
}

const NEVER = { pruneIntervalMs: Infinity, probeTimeoutMs: Infinity, idleTimeoutMs: Infinity };

/** Runs the registry until a signal or the idle timeout ends it. */
export async function runRegistry(
  order: ServeOrder,
  output: Output,
  { ending, onListening, passedSocket }: RunHooks = {},
): Promise<number> {
  using _errors = surviveErrors((line) => output.note(line));
  const { ServiceNotifier } = await import("../../platform/service_manager/mod.ts");
  const manager = ServiceNotifier.take();
  const starting = serveRegistry({
    ...NEVER,
    ...order,
    passedSocket,
    version: VERSION,
    findWindows: () => liveWindows(order),
    startExtras: (registry) => startExtras(registry, order, output),
    logFile: order.logFile ?? await ownLogFile(order.socketPath),
    log: (message) => output.note(message),
  });
  const close = () => {
    manager.stopping("finishing what is under way");
    starting.then((server) => server.close(), () => {});
  };
  // Installed first, so that files created during the start are also removed.
  const stop = onSignals(endSignals(), (signal) => {
    output.step(`${signal}: finishing what is under way`);
    close();
  });
  ending?.then(close);
  const server = await starting;
  let removePidFile = () => {};
  try {
    if (order.pidFile !== undefined) removePidFile = writePidFile(order.pidFile);
    if (output.verbose) server.registry.subscribe((event) => tellChange(event, output));
    announce(server.socketPath, server.registry.size, order.stateFile, output);
    await onListening?.();
    manager.ready(`listening on ${server.socketPath}`);
    await server.finished;
    return ExitCode.Done;
  } finally {
    manager.close();
    removePidFile();
    await server.close();
    stop();
  }
}

const CHANGES = {
  added: "registered",
  removed: "removed",
  pruned: "pruned, it is dead:",
  focused: "focused",
} as const;
/** Maximum length of a session's description; a workspace may have a thousand folders. */
const MAX_DESCRIPTION = 200;

/** With `--verbose`: logs which session was registered, removed or focused, and when. */
function tellChange({ type, session }: RegistryEvent, output: Output): void {
  const folders = describeSession(session);
  const shown = folders.length > MAX_DESCRIPTION
    ? `${folders.slice(0, MAX_DESCRIPTION)}...`
    : folders;
  const time = new Date().toISOString();
  const change = type === "focused" && !session.focused ? "lost the focus:" : CHANGES[type];
  output.step(`${time} ${change} ${printablePath(session.socketPath)} ${shown}`);
}

/** The live windows, as sessions to register. */
async function liveWindows(order: ServeOrder): Promise<SessionEntry[]> {
  const { discoverEditors } = await import("../../discovery/mod.ts");
  const { probeTimeoutMs: timeoutMs, allowOwners } = { ...NEVER, ...order };
  const found = await discoverEditors({ timeoutMs, allowOwners });
  return found.filter(({ liveness }) => liveness === "live")
    .map(({ socketPath, kind, folders }) => ({
      socketPath,
      kind,
      source: "discovered",
      workspace: { folders },
    }));
}

function announce(
  socketPath: string,
  sessions: number,
  stateFile: string | undefined,
  output: Output,
): void {
  if (output.json) {
    output.value({ listening: socketPath, pid: Deno.pid, stateFile: stateFile ?? null, sessions });
    return;
  }
  output.line(`listening on ${printablePath(socketPath)}`);
  if (output.quiet) return;
  const kept = stateFile === undefined ? "in memory only" : `in ${printablePath(stateFile)}`;
  output.note(`${sessions} known session${sessions === 1 ? "" : "s"}, kept ${kept}`);
  // In a log, this hint would have no reader.
  if (Deno.stderr.isTerminal()) output.note("next, in another terminal: sessionctl list");
}
