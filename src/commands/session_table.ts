import { formatAge } from "../cli/mod.ts";
import { tableLines } from "../cli/table/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { describeSession, type ListedSession } from "../registry/mod.ts";

const COLUMNS = ["STATE", "KIND", "AGE", "FOLDER", "SOCKET"] as const;

/**
 * The sessions as lines of a table, its head first.
 *
 * @param further Columns wanted besides: how each session came to be known.
 */
export async function sessionTable(
  sessions: readonly ListedSession[],
  colour: boolean,
  further: readonly "SOURCE"[] = [],
): Promise<string[]> {
  const now = Date.now();
  const rows = sessions.map((session) => [
    session.liveness,
    printablePath(session.kind),
    ...further.map(() => session.source),
    formatAge(now - session.registeredAt),
    describeSession(session),
    printablePath(session.socketPath),
  ]);
  const columns = [...COLUMNS.slice(0, 2), ...further, ...COLUMNS.slice(2)];
  const [head, ...lines] = tableLines([columns, ...rows]);
  if (!colour) return [head!, ...lines];
  const { bold, green, red, setColorEnabled, yellow } = await import("@std/fmt/colors");
  setColorEnabled(true);
  const paint: Record<string, (text: string) => string> = { live: green, dead: red };
  const painted = lines.map((line, at) => {
    const state = rows[at]![0]!;
    return (paint[state] ?? yellow)(state) + line.slice(state.length);
  });
  return [bold(head!), ...painted];
}
