/** The state of a run, from the events of its supervisor. */
import { assert, assertEquals } from "@std/assert";
import { RunState } from "../../src/run/run_state.ts";
import type { SuperviseEvent } from "../../src/supervisor/mod.ts";

const started: SuperviseEvent = { type: "started", pid: 7 };
const exited: SuperviseEvent = { type: "exited", pid: 7, exit: { code: 1, signal: null } };
const restarting: SuperviseEvent = { type: "restarting", afterMs: 1000, attempt: 1 };
const stopping: SuperviseEvent = { type: "stopping", signal: "SIGTERM" };

function stateAfter(...events: SuperviseEvent[]) {
  const state = new RunState();
  for (const event of events) state.onEvent(event);
  return state.current;
}

Deno.test("a run counts the starts after the first one as restarts", () => {
  assertEquals([stateAfter().state, stateAfter().restarts], ["starting", 0]);
  assertEquals([stateAfter(started).state, stateAfter(started).restarts], ["running", 0]);
  const again = stateAfter(started, exited, restarting, started);
  assertEquals([again.state, again.restarts], ["running", 1]);
});

Deno.test("between two processes, a run has no pid and no running time", () => {
  const { state, childPid, upMs, startedAt } = stateAfter(started, exited, restarting);
  assertEquals([state, childPid, upMs], ["restarting", null, null]);
  assert(startedAt !== null);
});

Deno.test("the times of a run are those of its command's last start", () => {
  const [clock, began] = [Date.now(), performance.now()];
  const { startedAt, upMs, childPid } = stateAfter(started);
  assertEquals(childPid, 7);
  assert(startedAt! >= clock && startedAt! <= Date.now());
  assert(upMs! >= 0 && upMs! <= Math.round(performance.now() - began));
});

Deno.test("a run that is stopping stays so if its command starts at that moment", () => {
  assertEquals(stateAfter(stopping, started).state, "stopping");
});
