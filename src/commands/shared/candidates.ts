import { deadline } from "@std/async/deadline";
import type { Completion } from "../../cli/completions/mod.ts";
import { findEditorSockets } from "../../discovery/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { mainSocketPaths, printablePath } from "../../platform/mod.ts";
import {
  describeSession,
  type ListedSession,
  RegistryClient,
  workspaceFolders,
} from "../../registry/mod.ts";

/** The kinds of words that are only known at run time, and not from the specs. */
export const CANDIDATE_KINDS = [
  "session",
  "window",
  "socket",
  "directory",
  "run",
  "host",
  "place",
] as const;
export type CandidateKind = (typeof CANDIDATE_KINDS)[number];
/** Time limit in milliseconds, because the user waits after Tab; a registry usually answers fast. */
const TIMEOUT_MS = 2000;

/**
 * Returns the words of a kind that exist now. It asks no editor. Words with characters that a
 * terminal would not show unchanged are omitted.
 *
 * @param socket The registry's socket (`--socket`).
 */
export async function candidatesOf(
  kind: CandidateKind,
  socket: string | undefined,
): Promise<Completion[]> {
  const all = await allOf(kind, socket);
  return all.filter(([word]) => printablePath(word) === word);
}

async function allOf(
  kind: CandidateKind,
  socket: string | undefined,
): Promise<readonly Completion[]> {
  if (kind === "run") return await runs();
  if (kind === "host") return await hosts(socket);
  if (kind === "place") return (await hosts(socket)).map(([name, what]) => [`${name}:`, what]);
  return [
    ...candidates(kind, await knownSessions(socket)),
    ...kind === "window" ? await desktopEditors() : [],
  ];
}

/** The hosts of the fleet, and the machines that this one has links to. */
async function hosts(socket: string | undefined): Promise<Completion[]> {
  const { askFleet } = await import("../../fleet/mod.ts");
  const { linkedMachines } = await import("../../links/mod.ts");
  const [fleet, linked] = await Promise.all([
    inTime(askFleet(socket).then(({ hosts, host }) => hosts.filter(({ name }) => name !== host))),
    inTime(linkedMachines(socket)),
  ]);
  const found = new Map(linked.map(({ destination }) => [destination, "linked"]));
  for (const { name, live } of fleet) found.set(name, live ? "in the fleet" : "away");
  return [...found];
}

async function runs(): Promise<Completion[]> {
  const { listRuns } = await import("../../run/mod.ts");
  return (await inTime(listRuns())).map((run) => [
    run.name,
    run.state === "unresponsive" ? run.state : printablePath(run.command.join(" ")),
  ]);
}

/** Desktop editors by name, without checking that they run. */
async function desktopEditors(): Promise<Completion[]> {
  const sockets = mainSocketPaths();
  if (sockets.length === 0) return [];
  const { productsOf } = await import("../../desktop/mod.ts");
  return (await productsOf(sockets)).map(({ id, name }) => [id, `${name} on the desktop`]);
}

const knownSessions = (socket: string | undefined): Promise<readonly ListedSession[]> =>
  inTime(new RegistryClient({ socket }).list());

/** The result if it arrives in time, or else an empty list. */
async function inTime<T>(asked: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await deadline(asked, TIMEOUT_MS);
  } catch (error) {
    if (error instanceof SessionctlError || (error as Error).name === "TimeoutError") return [];
    throw error;
  }
}

function candidates(
  kind: Exclude<CandidateKind, "run" | "host" | "place">,
  sessions: readonly ListedSession[],
): Completion[] {
  const known = sessions.filter(({ liveness }) => liveness !== "dead" && liveness !== "no-editor");
  if (kind === "directory") {
    const folders = new Set(known.flatMap(({ workspace }) => workspaceFolders(workspace)));
    return [...folders].map((folder) => [folder, "folder of a window"]);
  }
  const found = new Map(known.map((session) => {
    const focus = session.focused ? " (in focus)" : "";
    return [session.socketPath, describeSession(session) + focus];
  }));
  if (kind === "socket") {
    for (const { socketPath } of findEditorSockets()) {
      if (!found.has(socketPath)) found.set(socketPath, "not registered");
    }
  }
  return [...found];
}
