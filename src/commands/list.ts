import { defineCommand, ExitCode, formatAge, option } from "../cli/mod.ts";
import { compareFocus, type ListedSession, RegistryClient } from "../registry/mod.ts";
import { SessionctlError } from "../errors.ts";
import { start, type StartContext, starter } from "./shared/arguments.ts";
import { desktopTable, desktopWindowsListed } from "./shared/desktop_windows.ts";
import { linksListed, linkTable } from "./shared/listed_links.ts";
import { listenerPids, windowTable } from "./shared/session_table.ts";
import { type ListedWindow, windowsOf } from "./shared/windows.ts";

/** `sessionctl list`: lists the registered sessions, and with `--all` also unregistered windows. */
export const command = defineCommand({
  name: "list",
  group: "registry",
  summary: "List editor windows, live and dead",
  operands: [],
  options: {
    all: option.flag({
      short: "a",
      summary: "Also list unregistered windows, desktop windows, links, and each window's sockets",
    }),
    fleet: option.flag({
      summary: "List the windows of all hosts of the fleet instead",
      conflicts: ["all"],
    }),
    start,
  },
  examples: [
    { command: "sessionctl list", does: "print a table, the window used last first" },
    { command: "sessionctl list --all", does: "include unregistered windows and every socket" },
    {
      command: "sessionctl list --json | jq -r '.[].socketPath'",
      does: "print only the editor sockets",
    },
  ],
  details: [
    "FOCUS shows when a window was last in focus; now means that it is. Only windows with " +
    "the companion report this: see sessionctl companion.",
  ],
  async run(context) {
    const { output } = context;
    const { all, fleet } = context.args;
    if (fleet) return await listFleet(context);
    const [sessions, onDesktop, links] = all
      ? await Promise.all([everyWindow(context), desktopWindowsListed(), linksListed()])
      : [await registered(context, false), [], []];
    const windows = windowsOf(sessions);
    if (output.json) {
      output.value([...await withWindows(sessions, windows), ...onDesktop, ...links]);
    } else if (sessions.length + onDesktop.length + links.length === 0) {
      output.note(all ? "no editor windows were found" : "no sessions are registered");
    } else {
      const options = { colour: output.colour, sockets: all };
      const tables = [
        sessions.length > 0 ? await windowTable(windows, options) : [],
        onDesktop.length > 0 ? await desktopTable(onDesktop) : [],
        links.length > 0 ? await linkTable(links) : [],
      ].filter((table) => table.length > 0);
      for (const [at, table] of tables.entries()) {
        if (at > 0) output.line("");
        for (const line of table) output.line(line);
      }
    }
    return ExitCode.Done;
  },
});

async function listFleet({ output, socket }: StartContext): Promise<number> {
  const { askFleet } = await import("../fleet/mod.ts");
  const { fleetWindowTable } = await import("./shared/fleet_table.ts");
  const { hosts, failure, since } = await askFleet(socket);
  if (failure !== undefined) {
    const age = formatAge(Math.max(Date.now() - since, 0));
    output.note(`etcd has not answered for ${age}, so this may be as old: ${failure}`);
  }
  if (output.json) output.value(hosts);
  else if (hosts.every(({ windows }) => windows.length === 0)) output.note("no windows are known");
  else for (const line of await fleetWindowTable(hosts, Date.now())) output.line(line);
  return ExitCode.Done;
}

/** Adds the id of its window, and the process that listens for the window, to each session. */
async function withWindows(
  sessions: readonly ListedSession[],
  windows: readonly ListedWindow[],
): Promise<ListedSession[]> {
  const pids = await listenerPids(windows);
  const windowOf = new Map(
    windows.flatMap((window) => window.sockets.map((session) => [session, window] as const)),
  );
  return sessions.map((session) => {
    const { id, sockets } = windowOf.get(session)!;
    const pid = pids.get(sockets[0].socketPath);
    return { ...session, window: id, ...(pid === undefined ? {} : { pid: Number(pid) }) };
  });
}

/** @param goesOn Whether the command shows other windows if there is no registry. */
async function registered(context: StartContext, goesOn: boolean): Promise<ListedSession[]> {
  const { socket } = context;
  const client = new RegistryClient({ socket, start: starter(context, goesOn) });
  // Probing editors may take long; this detects a registry that hangs before.
  await client.health();
  return await client.list({ probe: true });
}

/** All windows, registered or not: by focus, then the most recent first. */
export async function everyWindow(context: StartContext): Promise<ListedSession[]> {
  const [known, discovered] = await Promise.all([registeredIfAny(context), discoverWindows()]);
  const sockets = new Set(known.map(({ socketPath }) => socketPath));
  return [...known, ...discovered.filter(({ socketPath }) => !sockets.has(socketPath))]
    .sort((a, b) => compareFocus(a, b) || b.registeredAt - a.registeredAt);
}

async function registeredIfAny(context: StartContext): Promise<ListedSession[]> {
  const required = context.given.source("socket") !== undefined;
  try {
    return await registered(context, !required);
  } catch (error) {
    const unreachable = error instanceof SessionctlError && error.code === "REGISTRY_UNREACHABLE";
    if (!unreachable || required) throw error;
    context.output.step(error.message);
    return [];
  }
}

async function discoverWindows(): Promise<ListedSession[]> {
  const { discoverEditors } = await import("../discovery/mod.ts");
  // The sockets of VS Code's agent hosts have similar names.
  const windows = (await discoverEditors()).filter(({ liveness }) => liveness !== "no-editor");
  return windows.map((editor) => ({
    socketPath: editor.socketPath,
    workspace: { folders: editor.folders },
    kind: editor.kind,
    source: editor.knownTo === undefined ? "discovered" : "upstream",
    registeredAt: editor.modifiedAt,
    lastSeenAt: editor.liveness === "live" ? Date.now() : editor.modifiedAt,
    liveness: editor.liveness,
  }));
}
