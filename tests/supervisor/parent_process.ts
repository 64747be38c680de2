/**
 * A parent as a process of its own, for tests that end it: supervises the child its
 * argument describes, says what happens as JSON lines, follows signals, and ends as the child did.
 */
import {
  type ChildSpec,
  endLike,
  followSignals,
  supervise,
  type SuperviseOptions,
} from "../../src/supervisor/mod.ts";

const { spec, options, lines } = JSON.parse(Deno.args[0]!) as {
  spec: ChildSpec & { handshake?: unknown };
  options: SuperviseOptions;
  lines: boolean;
};

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

const told = spec.handshake;
const child = supervise("self" in spec ? { ...spec, handshake: () => told } : spec, {
  ...options,
  onEvent: ({ ...event }) => say(event),
  onLine: lines
    ? (stream, line) => say({ type: "line", stream, text: new TextDecoder().decode(line) })
    : undefined,
});
const stop = followSignals(child);
const exit = await child.ended;
stop();
say({ type: "ended", exit: { ...exit, error: exit.error?.message } });
Deno.exit(await endLike(exit));
