import { deadline } from "@std/async/deadline";
import { messageOf, SessionctlError } from "../errors.ts";
import {
  homeDirectory,
  ownershipReason,
  printablePath,
  registrySocketCandidates,
  socketOwnership,
  stateFilePath,
  type SystemContext,
} from "../platform/mod.ts";
import { type Health, type ListedSession, RegistryClient, stateHolder } from "../registry/mod.ts";
import { hookStartsRegistry } from "./shell.ts";
import { setting, unsetting, word } from "./shell.ts";
import type { Check, Finding } from "./types.ts";

const START = "sessionctl serve --detach";
const RESTART = "sessionctl stop --timeout 5s --kill; sessionctl serve --detach";
const TIMEOUT_MS = 2000;
/** It probes every session first. */
const LIST_LIMIT_MS = 5000;

/** Whether a registry runs, which one, and its contents. */
export const registryCheck: Check = {
  name: "registry",
  async run({ registrySocket, context, version }) {
    const client = new RegistryClient({ socket: registrySocket, timeoutMs: TIMEOUT_MS });
    let health: Health;
    try {
      health = await client.health();
    } catch (error) {
      return [await absent(error, client.socketPath, registrySocket, context)];
    }
    const { pid, version: running, stateFile } = health;
    const kept = stateFile === null ? "no state file" : `state file ${printablePath(stateFile)}`;
    const where = printablePath(client.socketPath);
    const same = running === version;
    const first: Finding = {
      severity: same ? "ok" : "problem",
      text: `runs on ${where} (pid ${pid}, version ${running}, ${kept})` +
        (same ? "" : `, but this is version ${version}`),
      ...(same ? {} : { fix: RESTART }),
    };
    try {
      const sessions = await deadline(client.list({ probe: true }), LIST_LIMIT_MS);
      return [first, ...sessionFindings(sessions, context)];
    } catch (error) {
      const text = `cannot list its sessions: ${messageOf(error)}`;
      return [first, { severity: "problem", text, fix: RESTART }];
    }
  },
};

async function absent(
  error: unknown,
  socketPath: string,
  named: string | undefined,
  context: SystemContext,
): Promise<Finding> {
  const unreachable = error instanceof SessionctlError && error.code === "REGISTRY_UNREACHABLE";
  if (!unreachable) {
    const text = `gives a wrong answer: ${messageOf(error)}`;
    return { severity: "problem", text, fix: RESTART };
  }
  const places = named === undefined ? registrySocketCandidates(undefined, context) : [named];
  const [only] = places;
  const ownership = socketOwnership(only!);
  if (places.length === 1 && (ownership === "foreign" || ownership === "unreadable")) {
    return otherPlace(only!, ownershipReason(ownership), context);
  }
  const variable = named === undefined ? context.env("SESSIONCTL_SOCKET") : undefined;
  const others = variable !== undefined
    ? [`SESSIONCTL_SOCKET names ${printablePath(variable)}; no other place is checked`]
    : places.map((place) => `checked ${printablePath(place)}`);
  const state = stateFile(context);
  const holder = state === undefined ? undefined : await stateHolder(state);
  if (
    holder === undefined && named === undefined && variable === undefined &&
    hookStartsRegistry(context)
  ) {
    const text =
      "no registry is running; the shell hook starts one in the next terminal of a window";
    return { severity: "note", text, details: others, fix: START };
  }
  // Without a home directory, there is no place for the state.
  const stateOption = state === undefined ? " --no-state" : "";
  const socketOption = named === undefined ? "" : ` --socket ${word(socketPath, context)}`;
  const start = `${START}${stateOption}${socketOption}`;
  const text =
    "no registry is running: windows cannot register, and registered windows are not found";
  if (holder === undefined) return { severity: "problem", text, details: others, fix: start };
  const { pid, socketPath: rival } = holder;
  const held = `another server (pid ${pid}) holds the state file ${printablePath(state!)}`;
  // The state file is free when the server has ended, which `stop` waits for.
  const end = rival === undefined
    ? `kill ${pid}; sleep 1`
    : `sessionctl stop --socket ${word(rival, context)}`;
  return { severity: "problem", text, details: [...others, held], fix: `${end}; ${start}` };
}

/** The state file of a registry with default options; undefined without a home directory. */
function stateFile(context: SystemContext): string | undefined {
  try {
    return stateFilePath(context);
  } catch {
    return undefined;
  }
}

/** The only place to check belongs to another user, or is not accessible. */
function otherPlace(place: string, reason: string, context: SystemContext): Finding {
  const name = "SESSIONCTL_SOCKET";
  const text = `the socket ${reason}, and is not used: ${printablePath(place)}`;
  if (context.env(name) === place) {
    return { severity: "problem", text, fix: unsetting(name, context) };
  }
  const own = `${homeDirectory(context) ?? "/tmp"}/.sessionctl/registry.sock`;
  return { severity: "problem", text, fix: setting(name, own, context) };
}

function sessionFindings(
  sessions: readonly ListedSession[],
  context: SystemContext,
): Finding[] {
  const count = (wanted: ListedSession["liveness"]) =>
    sessions.filter(({ liveness }) => liveness === wanted).length;
  const dead = count("dead");
  const silent = count("unresponsive");
  const forbidden = count("forbidden");
  const findings: Finding[] = [{
    severity: "ok",
    text: `${sessions.length} registered, ${count("live")} live`,
  }];
  if (dead > 0) {
    findings.push({ severity: "note", text: `${dead} dead`, fix: "sessionctl prune" });
  }
  if (silent > 0) {
    findings.push({ severity: "note", text: `${silent} unresponsive, ranked last` });
  }
  for (const { socketPath } of sessions.filter(({ liveness }) => liveness === "no-editor")) {
    findings.push({
      severity: "problem",
      text: `registered, but not an editor window: ${printablePath(socketPath)}`,
      fix: `sessionctl remove ${word(socketPath, context)}`,
    });
  }
  if (forbidden > 0) {
    findings.push({
      severity: "note",
      text: `${forbidden} of other users or not accessible, not used`,
    });
  }
  return findings;
}
