/**
 * A parent as a separate process, for tests that end it: supervises the child that its argument
 * describes, reports events as JSON lines, follows signals, and ends as the child did.
 */
import {
  type ChildSpec,
  endLike,
  type ExitDecision,
  followSignals,
  supervise,
  type SuperviseOptions,
} from "../../src/supervisor/mod.ts";
import { listProcesses } from "../../src/platform/processes.ts";

const { spec, options, lines, launches = [], decision } = JSON.parse(Deno.args[0]!) as {
  spec: ChildSpec;
  options: SuperviseOptions;
  lines: boolean;
  launches?: unknown[];
  decision?: ExitDecision;
};

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

/**
 * The number of open descriptors of this process, and of its children that were not reaped (Linux).
 */
function resources() {
  if (Deno.build.os !== "linux") return {};
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].length;
  const children = listProcesses().filter(({ parent }) => parent === Deno.pid).length;
  return { descriptors, children };
}

/** The handshake answer for each launch of an own child; the last one repeats. */
const handshake = () => launches.length > 1 ? launches.shift() : launches[0];
say({ type: "resources", ...resources() });
const child = supervise("self" in spec ? { ...spec, handshake } : spec, {
  ...options,
  onExitRequest: decision && (() => decision),
  onEvent: ({ ...event }) => say(event),
  onLine: lines
    ? (stream, line) => say({ type: "line", stream, text: new TextDecoder().decode(line) })
    : undefined,
});
const stop = followSignals(child);
const exit = await child.ended;
stop();
say({ type: "resources", ...resources() });
say({ type: "ended", exit: { ...exit, error: exit.error?.message } });
Deno.exit(await endLike(exit));
