import { delay } from "@std/async/delay";
import { hasCode } from "../errors.ts";
import { askFleet } from "./ask.ts";
import type { FleetStatus, ListedFleetWindow, ListedHost } from "./status.ts";

/** A change of the fleet or, with `present`, the state at the beginning. */
export type FleetChange =
  | { readonly type: "present" | "joined" | "left"; readonly host: ListedHost }
  | {
    readonly type: "present" | "opened" | "changed" | "focused" | "closed";
    /** The name of the window's host. */
    readonly host: string;
    readonly window: ListedFleetWindow;
  }
  | { readonly type: "engine"; readonly failure: string | null };

const POLL_MS = 10_000;
const PAUSE_MS = 500;

/**
 * Follows the hosts and windows of the fleet: first all of them, then each change.
 *
 * @param socket The registry's socket, if the user named it.
 * @param onAway Called with true when the registry no longer answers, and with false when it does
 * again.
 * @throws {SessionctlError} the errors of `askFleet` for the first question.
 */
export async function* watchFleet(
  socket: string | undefined,
  onAway: (isAway: boolean) => void,
): AsyncGenerator<FleetChange, void> {
  const tracker = new FleetTracker();
  let state: string | undefined;
  let isAway = false;
  for (;;) {
    try {
      const answer = await askFleet(socket, { after: state ?? "", waitMs: POLL_MS });
      if (isAway) onAway(isAway = false);
      state = answer.state;
      yield* tracker.apply(answer);
    } catch (error) {
      const mayReturn = hasCode(error, "REGISTRY_UNREACHABLE", "TIMED_OUT", "CONNECTION_CLOSED");
      if (state === undefined || !mayReturn) throw error;
      if (!isAway) onAway(isAway = true);
      await delay(PAUSE_MS);
    }
  }
}

/** Determines the changes between two answers of a registry. */
class FleetTracker {
  readonly #hosts = new Map<string, ListedHost>();
  #hasBegun = false;
  #failure: string | null = null;

  /** @returns the changes, in the order of the hosts in `answer`. */
  *apply(answer: FleetStatus): Generator<FleetChange> {
    const { hosts, complete, gone = [], failure = null } = answer;
    if (failure !== this.#failure) yield { type: "engine", failure };
    this.#failure = failure;
    const names = new Set(hosts.map(({ name }) => name));
    const missing = complete ? [...this.#hosts.keys()].filter((name) => !names.has(name)) : gone;
    for (const name of missing) {
      const before = this.#hosts.get(name);
      this.#hosts.delete(name);
      if (before !== undefined) yield* differences(before, { ...before, live: false, windows: [] });
    }
    for (const host of hosts) {
      const before = this.#hosts.get(host.name);
      this.#hosts.set(host.name, host);
      if (this.#hasBegun) yield* differences(before, host);
      else yield* present(host);
    }
    this.#hasBegun = true;
  }
}

function* present(host: ListedHost): Generator<FleetChange> {
  yield { type: "present", host };
  for (const window of host.windows) yield { type: "present", host: host.name, window };
}

function* differences(before: ListedHost | undefined, host: ListedHost): Generator<FleetChange> {
  const { name, live, windows } = host;
  if (live && !before?.live) yield { type: "joined", host };
  const known = new Map(before?.windows.map((window) => [window.id, window]));
  for (const window of windows) {
    const earlier = known.get(window.id);
    known.delete(window.id);
    if (earlier === undefined) yield { type: "opened", host: name, window };
    else if (foldersOf(earlier) !== foldersOf(window)) {
      yield { type: "changed", host: name, window };
    } else if (window.focused && !earlier.focused) yield { type: "focused", host: name, window };
  }
  for (const window of known.values()) yield { type: "closed", host: name, window };
  if (!live && before?.live) yield { type: "left", host };
}

const foldersOf = ({ name, folders }: ListedFleetWindow) => JSON.stringify([name, folders]);
