import { printablePath } from "../../platform/mod.ts";
import type { DamagedState } from "./state_file.ts";
import type { TallyRecord } from "./tally.ts";

/** What is missing in the state file, as its tally shows; null where the tally is lost, too. */
export interface StateLoss {
  /** How many committed changes are missing; 0 when sessions are missing for another reason. */
  readonly changes: number | null;
  /** How many sessions are missing at most. */
  readonly sessions: number | null;
}

/** Nothing is known of what is missing. */
export const NOT_KNOWN: StateLoss = { changes: null, sessions: null };

/** What is missing in a state file of `sequence` changes and `sessions` sessions, by its tally. */
export function lossOf(
  expected: TallyRecord,
  sequence: number,
  sessions: number,
): StateLoss | undefined {
  // It was written further and the tally was not: a power failure, or a process that was killed.
  if (sequence > expected.sequence) return undefined;
  const changes = expected.sequence - sequence;
  const fewer = Math.max(0, expected.sessions - sessions);
  if (changes === 0 && fewer === 0) return undefined;
  return { changes, sessions: Math.min(expected.sessions, Math.max(changes, fewer)) };
}

/** A store, as far as its trouble goes. */
interface OpenedStore {
  readonly damaged: DamagedState | undefined;
  readonly loss: StateLoss | undefined;
  readonly path: string | undefined;
}

/** What an operator should know of a state file that was opened, a line each. */
export function describeTrouble({ damaged, loss, path = "" }: OpenedStore): string[] {
  const lines: string[] = [];
  if (damaged) {
    const { reason, movedTo, salvaged } = damaged;
    const kept = `${plural(salvaged, "session")} could be read`;
    lines.push(`the state file was damaged (${reason}); it is now ${movedTo}; ${kept}`);
  }
  const { changes, sessions } = loss ?? NOT_KNOWN;
  if (changes !== null && sessions !== null) {
    const lost = changes === 0 ? "is incomplete" : `lost its last ${plural(changes, "change")}`;
    lines.push(`the state file ${lost}: up to ${plural(sessions, "session")} may be missing`);
  } else if (loss) {
    const tally = printablePath(`${path}.tally`);
    lines.push(`${tally} is missing or damaged: sessions may be missing`);
  }
  return lines;
}

/** "1 session", "2 sessions". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
