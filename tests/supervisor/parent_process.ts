/**
 * A parent as a process of its own, for tests that end it: supervises the child its
 * argument describes, says what happens as JSON lines, follows signals, and ends as the child did.
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

/** What this process has open, and which of its children were not waited for (Linux). */
function resources() {
  if (Deno.build.os !== "linux") return {};
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].length;
  const children = listProcesses().filter(({ parent }) => parent === Deno.pid).length;
  return { descriptors, children };
}

/** What each launch of an own child is told; the last one again and again. */
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
