import { formatAge } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import { describeSession, type ListedSession, workspaceFolders } from "../../registry/mod.ts";
import type { ListedWindow } from "./windows.ts";

/** A row: the state, then the other cells. */
type Row = readonly [ListedSession["liveness"], ...string[]];

type Column = readonly [name: string, cell: (session: ListedSession) => string];

/** The columns that further sockets of a window also fill. */
const OF_SOCKETS: readonly string[] = ["SOURCE", "AGE"];

export interface TableOptions {
  readonly colour: boolean;
  /** Whether to print a row for each further socket of a window, and the source of each socket. */
  readonly sockets: boolean;
}

/** The windows as lines of a table, including the head. */
export async function windowTable(
  windows: readonly ListedWindow[],
  { colour, sockets }: TableOptions,
): Promise<string[]> {
  const pids = await listenerPids(windows);
  // Without a companion, the focus is unknown.
  const focus = windows.some(({ sockets: [{ focusedAt }] }) => focusedAt !== undefined);
  const only = (wanted: boolean, column: Column) => wanted ? [column] : [];
  const columns: readonly Column[] = [
    ["KIND", ({ kind }) => printablePath(kind)],
    ...only(sockets, ["SOURCE", ({ source }) => source]),
    ["AGE", ({ registeredAt }) => formatAge(Date.now() - registeredAt)],
    ["PID", ({ socketPath }) => pids.get(socketPath) ?? ""],
    ...only(focus, ["FOCUS", focusText]),
    ["FOLDER", describeWindow],
    ["SOCKET", ({ socketPath }) => printablePath(socketPath)],
  ];
  const rows = windows.flatMap(({ sockets: [main, ...others] }): Row[] => [
    [main.liveness, ...columns.map(([, cell]) => cell(main))],
    ...(sockets ? others : []).map((other): Row => [
      other.liveness,
      ...columns.map(([name, cell]) => {
        if (name === "SOCKET") return `  ${cell(other)}`;
        return OF_SOCKETS.includes(name) ? cell(other) : "";
      }),
    ]),
  ]);
  const [head, ...lines] = await tableLines([["STATE", ...columns.map(([name]) => name)], ...rows]);
  if (!colour) return [head!, ...lines];
  const { bold, green, red, setColorEnabled, yellow } = await import("@std/fmt/colors");
  setColorEnabled(true);
  const paint: Record<string, (text: string) => string> = { live: green, dead: red };
  const painted = lines.map((line, at) => {
    const state = rows[at]![0];
    return (paint[state] ?? yellow)(state) + line.slice(state.length);
  });
  return [bold(head!), ...painted];
}

/** The time since a window's last focus; `now` for the window that has it. */
function focusText({ focused, focusedAt }: ListedSession): string {
  if (focused) return "now";
  if (focusedAt === undefined) return "";
  return formatAge(Math.max(1000, Date.now() - focusedAt));
}

/** The folders of a window, after the name of a workspace that has several or none. */
function describeWindow(session: ListedSession): string {
  const folders = describeSession(session);
  const { name } = (session.workspace ?? {}) as { name?: unknown };
  const isNamed = typeof name === "string" && name !== "" &&
    workspaceFolders(session.workspace).length !== 1;
  return isNamed ? `${printablePath(name)}: ${folders}` : folders;
}

/** The process that listens on each live window's first socket, if the kernel reports it. */
export async function listenerPids(
  windows: readonly ListedWindow[],
): Promise<ReadonlyMap<string, string>> {
  const live = windows.flatMap(({ sockets: [{ liveness, socketPath }] }) =>
    liveness === "live" ? [socketPath] : []
  );
  const pids = new Map<string, string>();
  if (live.length === 0) return pids;
  const { listenerPid } = await import("../../platform/ffi/peer_process.ts");
  for (const socketPath of live) {
    const pid = await listenerPid(socketPath).catch(() => undefined);
    if (pid !== undefined) pids.set(socketPath, String(pid));
  }
  return pids;
}
