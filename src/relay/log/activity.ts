import type { ConnectionRecord } from "./record.ts";
import type { TargetState } from "./target_log.ts";

/** The connections of a relay: of each kind the last few, the newest last. */
export interface RelayActivity {
  readonly open: readonly ConnectionRecord[];
  readonly ended: readonly ConnectionRecord[];
  readonly refused: readonly ConnectionRecord[];
  readonly targets: readonly TargetState[];
}

/** Number of records of each kind in a snapshot. */
const MOST_RECORDS = 200;

export const emptyActivity = (): RelayActivity => ({
  open: [],
  ended: [],
  refused: [],
  targets: [],
});

/** The activity of several processes of one relay, in chronological order. */
export function mergeActivities(all: readonly RelayActivity[]): RelayActivity {
  const merge = (pick: (one: RelayActivity) => readonly ConnectionRecord[]) =>
    all.flatMap(pick).sort((a, b) => a.at - b.at).slice(-MOST_RECORDS);
  const targets = new Map<string, TargetState>();
  for (const target of all.flatMap((one) => one.targets)) {
    const known = targets.get(target.name);
    targets.set(target.name, known ? mergeTargets(known, target) : target);
  }
  return {
    open: merge((one) => one.open),
    ended: merge((one) => one.ended),
    refused: merge((one) => one.refused),
    targets: [...targets.values()],
  };
}

function mergeTargets(a: TargetState, b: TargetState): TargetState {
  const reachedAt = Math.max(a.reachedAt ?? 0, b.reachedAt ?? 0);
  const isNewer = (b.lastError?.at ?? 0) > (a.lastError?.at ?? 0);
  return {
    name: a.name,
    reached: a.reached + b.reached,
    failed: a.failed + b.failed,
    reachedAt: reachedAt || undefined,
    lastError: isNewer ? b.lastError : a.lastError,
  };
}

/** A bounded list of records, the newest last. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #most: number;

  /** @param most Number of records to keep. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#most) this.#items.shift();
  }

  list(): T[] {
    return [...this.#items];
  }
}
