import type { ChildExit, SuperviseEvent } from "./types.ts";

/**
 * Describes an event of a child in one line for a log.
 *
 * @param name The name of the child, such as "registry" or "code-server".
 */
export function describeEvent(event: SuperviseEvent, name = "child"): string {
  const versions = (from: string | undefined, to: string | undefined) =>
    from !== undefined && to !== undefined ? `: ${from} -> ${to}` : "";
  switch (event.type) {
    case "started":
      return `${name} started (pid ${event.pid})`;
    case "ready":
      return `${name} is ready (pid ${event.pid})`;
    case "exited":
      return `${name}${event.pid === undefined ? "" : ` (pid ${event.pid})`} ${
        describeExit(event.exit)
      }`;
    case "restarting":
      return `restarting ${name} in ${seconds(event.afterMs)} (restart ${event.attempt})`;
    case "relaunching":
      return `relaunching ${name} (${event.reason})${versions(event.oldVersion, event.newVersion)}`;
    case "relaunched":
      return `${name} relaunched${versions(event.oldVersion, event.newVersion)}`;
    case "stopping":
      return `stopping ${name}${event.signal === undefined ? "" : ` with ${event.signal}`}`;
    case "killed":
      return `${name} did not end within ${seconds(event.afterMs)}: killing it`;
    case "exit-requested":
      return `${name} requests to exit with ${event.code}, but has unfinished work ` +
        `(${event.unfinished.join(", ")}): ${DECISIONS[event.decision]}`;
    case "guard-lost":
      return `the guard of ${name} has ended; ended ${event.ended} guarded processes`;
    case "output-failed":
      return `lost a line of ${name}'s output: ${event.reason}`;
    case "gave-up":
      return `${name} failed after ${event.attempts} consecutive restarts: giving up`;
  }
}

const DECISIONS = {
  "now": "allowed",
  "when-done": "allowed when it is done",
  "stay": "refused",
} as const;

/** Describes the end of a child, as a predicate for its name. */
export function describeExit({ code, signal, error }: ChildExit): string {
  if (error) return `failed: ${error.message}`;
  return signal ? `was ended by ${signal}` : `ended with code ${code}`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}
