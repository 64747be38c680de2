import { dirname } from "@std/path";
import { findEditorSockets, findStaleSockets } from "../discovery/mod.ts";
import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import {
  homeDirectory,
  printablePath,
  registrySocketCandidates,
  stateFilePath,
  type SystemContext,
} from "../platform/mod.ts";
import { setting, word } from "./shell.ts";
import type { Check, DoctorOptions, Finding } from "./types.ts";

/** Whether our directories are private to us, and editors' sockets to their users. */
export const permissionsCheck: Check = {
  name: "permissions",
  async run(options) {
    if (options.context.os === "windows") return [];
    const findings = [
      ...await runtimeFindings(options),
      ...await stateFindings(options.context),
      ...await socketFindings(options.context),
    ];
    if (findings.length > 0) return findings;
    return [{
      severity: "ok",
      text: "only this user can access the runtime directory, the state and the sockets",
    }];
  },
};

/** The registry's directory in each place; clients and servers skip other users' directories. */
async function runtimeFindings(
  { registrySocket, context }: DoctorOptions,
): Promise<Finding[]> {
  const directories = registrySocketCandidates(registrySocket, context).map(dirname);
  const states = await Promise.all(directories.map((path) => wrongWith(path, context.uid)));
  const isUsable = states.some((wrong) => wrong === undefined || wrong.mode !== undefined);
  return directories.flatMap((directory, index): Finding[] => {
    const wrong = states[index];
    if (wrong === undefined) return [];
    const shown = printablePath(directory);
    if (wrong.mode !== undefined) {
      const text = `${shown} is open to others (mode ${wrong.mode}), so no registry starts there`;
      return [{ severity: "problem", text, fix: `chmod 700 ${word(directory, context)}` }];
    }
    const text = `${shown} ${whose(wrong.owner)}, and is not used`;
    return isUsable
      ? [{ severity: "note", text }]
      : [{ severity: "problem", text, fix: elsewhere(context) }];
  });
}

function whose(owner: number | undefined): string {
  return owner === undefined ? "is not accessible" : `belongs to another user (uid ${owner})`;
}

function elsewhere(context: SystemContext): string {
  const own = `${homeDirectory(context) ?? "/tmp"}/.sessionctl/registry.sock`;
  return setting("SESSIONCTL_SOCKET", own, context);
}

async function stateFindings(context: SystemContext): Promise<Finding[]> {
  const file = stateFile(context);
  if (file === undefined) return [];
  const findings: Finding[] = [];
  for (const path of [dirname(file), file]) {
    const wrong = await wrongWith(path, context.uid);
    if (wrong && wrong.mode === undefined) {
      const sudo = context.uid === 0 ? "" : "sudo ";
      return [{
        severity: "problem",
        text: `${printablePath(path)} ${whose(wrong.owner)}, so no state can be kept there`,
        fix: `${sudo}chown -R ${context.uid} ${word(dirname(file), context)}`,
      }];
    }
    if (wrong?.mode !== undefined && path === file) {
      findings.push({
        severity: "problem",
        text: `${printablePath(path)} is open to others (mode ${wrong.mode})`,
        fix: `chmod 600 ${word(path, context)}`,
      });
    }
  }
  return [...findings, ...spaceFindings(dirname(file))];
}

/** Enough for the next page of the state file and of its log. */
const PROBE_BYTES = 16 * 1024;

/** Whether a file in the state's directory can grow: a full disk, a quota, a read-only mount. */
function spaceFindings(directory: string): Finding[] {
  let probe;
  try {
    probe = Deno.makeTempFileSync({ dir: directory, prefix: ".doctor-" });
    Deno.writeFileSync(probe, new Uint8Array(PROBE_BYTES));
    return [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    return [{
      severity: "problem",
      text: `cannot write to ${printablePath(directory)} (${
        reasonOf(error)
      }), so the registry cannot record changes`,
      details: ["make room there, or keep the state elsewhere with serve --state FILE"],
    }];
  } finally {
    if (probe !== undefined) Deno.removeSync(probe);
  }
}

function stateFile(context: SystemContext): string | undefined {
  try {
    return stateFilePath(context);
  } catch (error) {
    if (error instanceof SessionctlError) return undefined;
    throw error;
  }
}

/** Anyone who can write to an editor's socket can run any command in its window. */
async function socketFindings(context: SystemContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { socketPath } of findEditorSockets(context)) {
    const [socket, directory] = await Promise.all([
      modeOf(socketPath),
      modeOf(dirname(socketPath)),
    ]);
    // A user who cannot enter the directory cannot reach the socket.
    if (socket === undefined || directory === undefined) continue;
    if ((socket & 0o022) === 0 || (directory & 0o011) === 0) continue;
    findings.push({
      severity: "problem",
      text: `others may connect to the editor socket ${printablePath(socketPath)}`,
      fix: `chmod go-w ${word(socketPath, context)}`,
    });
  }
  return findings;
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mode ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Another owner, or a mode that lets others in; neither if the file may not be inspected; undefined
 * if all is well, or the file does not exist.
 */
async function wrongWith(
  path: string,
  uid: number,
): Promise<{ owner?: number; mode?: string } | undefined> {
  try {
    const info = await Deno.stat(path);
    if (info.uid !== null && info.uid !== uid) return { owner: info.uid };
    const mode = (info.mode ?? 0) & 0o777;
    return (mode & 0o077) === 0 ? undefined : { mode: mode.toString(8).padStart(4, "0") };
  } catch (error) {
    return errnoOf(error) === "EACCES" ? {} : undefined;
  }
}

const SHOWN_FILES = 5;

/** Socket files without a listener. */
export const filesCheck: Check = {
  name: "files",
  async run() {
    const stale = (await findStaleSockets()).map(({ path }) => printablePath(path));
    if (stale.length === 0) return [{ severity: "ok", text: "no stale socket files" }];
    const more = stale.length > SHOWN_FILES ? [`and ${stale.length - SHOWN_FILES} more`] : [];
    return [{
      severity: "note",
      text: `${stale.length} stale socket file${stale.length === 1 ? "" : "s"}`,
      details: [...stale.slice(0, SHOWN_FILES), ...more],
      fix: "sessionctl prune --files",
    }];
  },
};
