import { formatAge } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import { describeSession, type ListedSession } from "../../registry/mod.ts";
import type { ListedWindow } from "./windows.ts";

/** A row's first cell is a state, which the other cells stand behind. */
type Row = readonly [ListedSession["liveness"], ...string[]];

export interface TableOptions {
  readonly colour: boolean;
  /** Whether each of a window's further sockets has a row beneath it, and how each is known. */
  readonly sockets: boolean;
}

/** The windows as lines of a table, its head first. */
export async function windowTable(
  windows: readonly ListedWindow[],
  { colour, sockets }: TableOptions,
): Promise<string[]> {
  const pids = await listenerPids(windows);
  const source = ({ source }: ListedSession) => sockets ? [source] : [];
  const age = ({ registeredAt }: ListedSession) => formatAge(Date.now() - registeredAt);
  const rows = windows.flatMap(({ sockets: [main, ...others] }): Row[] => {
    const path = printablePath(main.socketPath);
    const pid = pids.get(main.socketPath) ?? "";
    const kind = printablePath(main.kind);
    const row: Row = [
      main.liveness,
      kind,
      ...source(main),
      age(main),
      pid,
      describeSession(main),
      path,
    ];
    if (!sockets) return [row];
    return [
      row,
      ...others.map((other): Row => [
        other.liveness,
        "",
        ...source(other),
        age(other),
        "",
        "",
        `  ${printablePath(other.socketPath)}`,
      ]),
    ];
  });
  const columns = ["STATE", "KIND", ...sockets ? ["SOURCE"] : [], "AGE", "PID", "FOLDER", "SOCKET"];
  const [head, ...lines] = tableLines([columns, ...rows]);
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

/** The process that listens on each live window's first socket, as far as the kernel tells. */
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
