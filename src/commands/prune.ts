import { defineCommand, ExitCode, formatCount, option, type Output } from "../cli/mod.ts";
import { findStaleSockets, type RemovedSocket, removeStaleSocket } from "../discovery/mod.ts";
import { SessionctlError } from "../errors.ts";
import { linkSocketPaths, stateFilePath } from "../platform/mod.ts";
import { pruneState, RegistryClient, SERVE_DEFAULTS, type Session } from "../registry/mod.ts";

/** `sessionctl prune`: removes dead sessions from the registry, and stale socket files. */
export const command = defineCommand({
  name: "prune",
  group: "registry",
  summary: "Remove dead windows and, with --files, their socket files",
  operands: [],
  options: {
    files: option.flag({ summary: "Also remove socket files that nothing listens on" }),
    dryRun: option.flag({
      summary: "Print what would be removed, and remove nothing",
      oneCall: true,
    }),
  },
  examples: [
    { command: "sessionctl prune", does: "remove dead sessions from the registry" },
    {
      command: "sessionctl prune --files --dry-run",
      does: "also list stale files of this user: vscode-ipc-*.sock, and of ended links",
    },
  ],
  details: [
    "prune checks every socket again right before it removes the file. It leaves live " +
    "sockets, sockets that hang, and those of other users alone. It also works without a " +
    "registry.",
  ],
  run: ({ args, output, socket }) => prune(args, output, socket),
});

async function prune(
  { dryRun, files: withFiles }: { dryRun: boolean; files: boolean },
  output: Output,
  socket: string | undefined,
): Promise<number> {
  const sessions = await pruneSessions(socket, dryRun, output);
  const files = withFiles ? await pruneFiles(dryRun) : [];
  if (withFiles) files.push(...await pruneLinks(dryRun));
  const done = files.filter(({ removed }) => removed || dryRun);
  if (output.json) {
    output.value({
      dryRun,
      sessions: sessions.map(({ socketPath }) => socketPath),
      files: done.map(({ path }) => path),
      kept: files.filter(({ removed }) => !removed && !dryRun),
    });
    return ExitCode.Done;
  }
  for (const { socketPath } of sessions) output.line(`session ${socketPath}`);
  for (const { path } of done) output.line(`file ${path}`);
  summarize(sessions, done, files, { dryRun, output, withFiles });
  return ExitCode.Done;
}

function summarize(
  sessions: readonly Session[],
  done: readonly RemovedSocket[],
  files: readonly RemovedSocket[],
  { dryRun, output, withFiles }: { dryRun: boolean; output: Output; withFiles: boolean },
): void {
  for (const { path, reason } of files) if (reason) output.note(`kept ${path}: ${reason}`);
  const verb = dryRun ? "would remove" : "removed";
  const also = withFiles ? ` and ${formatCount(done.length, "socket file")}` : "";
  output.note(`${verb} ${formatCount(sessions.length, "dead session")}${also}`);
}

/** Prunes through the running server, or else directly in the state file. */
async function pruneSessions(
  socket: string | undefined,
  dryRun: boolean,
  output: Output,
): Promise<Session[]> {
  try {
    const client = new RegistryClient({ socket });
    // Probing editors may take long; this detects a registry that hangs before.
    await client.health();
    return await client.prune({ dryRun });
  } catch (error) {
    const unreachable = error instanceof SessionctlError && error.code === "REGISTRY_UNREACHABLE";
    // The state file of a registry with a given socket is unknown.
    if (!unreachable || socket !== undefined) throw error;
  }
  const stateFile = existingStateFile();
  if (stateFile === undefined) return [];
  return await pruneState(stateFile, {
    timeoutMs: SERVE_DEFAULTS.probeTimeoutMs,
    allowOwners: [],
    dryRun,
    log: (message) => output.note(message),
  });
}

function existingStateFile(): string | undefined {
  try {
    const path = stateFilePath();
    Deno.lstatSync(path);
    return path;
  } catch (error) {
    const noHome = error instanceof SessionctlError && error.code === "STATE_UNAVAILABLE";
    if (noHome || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The files that sshd leaves behind when the ssh connection of a link ends. */
async function pruneLinks(dryRun: boolean): Promise<RemovedSocket[]> {
  if (linkSocketPaths().length === 0) return [];
  const { pruneLinkSockets } = await import("../links/mod.ts");
  return (await pruneLinkSockets(dryRun)).map((path) => ({ path, removed: !dryRun }));
}

async function pruneFiles(dryRun: boolean): Promise<RemovedSocket[]> {
  const stale = await findStaleSockets();
  if (dryRun) return stale.map(({ path }) => ({ path, removed: false }));
  const results: RemovedSocket[] = [];
  for (const socket of stale) results.push(await removeStaleSocket(socket));
  return results;
}
