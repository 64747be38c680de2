import { printablePath } from "../../platform/mod.ts";
import type { DamagedState } from "./state_file.ts";
import type { TallyRecord } from "./tally.ts";

/** The losses of a state file according to its tally; null if the tally is lost, too. */
export interface StateLoss {
  /** Number of missing committed changes; 0 if sessions are missing for another reason. */
  readonly changes: number | null;
  /** Maximum number of missing sessions. */
  readonly sessions: number | null;
}

/** The loss of a state file whose tally is lost. */
export const NOT_KNOWN: StateLoss = { changes: null, sessions: null };

/**
 * The loss of a state file with `sequence` changes and `sessions` sessions, according to its tally.
 */
export function lossOf(
  expected: TallyRecord,
  sequence: number,
  sessions: number,
): StateLoss | undefined {
  // The file was written after the tally: a power failure, or a killed process.
  if (sequence > expected.sequence) return undefined;
  const changes = expected.sequence - sequence;
  const fewer = Math.max(0, expected.sessions - sessions);
  if (changes === 0 && fewer === 0) return undefined;
  return { changes, sessions: Math.min(expected.sessions, Math.max(changes, fewer)) };
}

/** The properties of a store that describe problems. */
interface OpenedStore {
  readonly damaged: DamagedState | undefined;
  readonly loss: StateLoss | undefined;
  readonly path: string | undefined;
}

/** Messages for the operator about a state file that was opened, one line each. */
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
