import { probeEditor } from "../editor/mod.ts";
import { errnoOf, messageOf } from "../errors.ts";
import {
  forbiddenReason,
  homeDirectory,
  printablePath,
  type SystemContext,
} from "../platform/mod.ts";
import { isListening } from "../http/mod.ts";
import { quote } from "../shell/mod.ts";
import { unsetting } from "./shell.ts";
import type { Check, Finding } from "./types.ts";

const HOOK = "VSCODE_IPC_HOOK_CLI";
/** As long as `open` waits for a window. */
const PROBE_TIMEOUT_MS = 1000;

/** The environment variables, and whether they are still valid. */
export const environmentCheck: Check = {
  name: "environment",
  async run({ context }) {
    return [
      ...await hookFindings(context),
      ...await runtimeDirectory(context),
      ...await codeServerSocket(context),
      ...await launchCommand(context),
      ...homeFindings(context),
      ...["SESSIONCTL_SOCKET", "SESSIONCTL_CONFIG", "VSCODE_CLI_AUTHORITY"].flatMap((name) => {
        const value = context.env(name);
        const text = `${name} is ${printablePath(value ?? "")}`;
        return value === undefined ? [] : [{ severity: "ok", text } as const];
      }),
    ];
  },
};

async function hookFindings(context: SystemContext): Promise<Finding[]> {
  const socketPath = context.env(HOOK);
  const multiplexer = context.env("TMUX") ? "tmux" : context.env("STY") ? "screen" : undefined;
  if (socketPath === undefined) {
    const where = multiplexer ? ` (inside ${multiplexer})` : "";
    return [{
      severity: "ok",
      text: `${HOOK} is not set: this is not a terminal of a window${where}`,
    }];
  }
  const shown = printablePath(socketPath);
  const liveness = await probeEditor(socketPath, { timeoutMs: PROBE_TIMEOUT_MS });
  if (liveness === "live" && multiplexer) {
    const text = `${HOOK} is live, but inherited by ${multiplexer}, and may name another window; ` +
      `windows known to have a path take precedence: ${shown}`;
    return [{ severity: "note", text }];
  }
  if (liveness === "live") return [{ severity: "ok", text: `${HOOK} is live: ${shown}` }];
  const what = {
    dead: "is stale: no process listens there",
    forbidden: forbiddenReason(socketPath),
    unresponsive: "does not answer",
    "no-editor": "does not name an editor window, although a program answers there",
  }[liveness];
  const unset = unsetting(HOOK, context);
  return [{
    severity: "problem",
    text: `${HOOK} ${what}: ${shown}`,
    details: multiplexer === "tmux" ? ["tmux passes it to every new pane"] : undefined,
    fix: multiplexer === "tmux" ? `${unset}; tmux set-environment -gu ${HOOK}` : unset,
  }];
}

/** Editors put their sockets there, and fail if it is missing. */
async function runtimeDirectory(context: SystemContext): Promise<Finding[]> {
  const name = "XDG_RUNTIME_DIR";
  const directory = context.env(name);
  if (directory === undefined || context.os !== "linux") return [];
  const wrong = async () => {
    try {
      const { isDirectory, uid } = await Deno.stat(directory);
      if (!isDirectory) return "is not a directory";
      return uid === context.uid ? undefined : `belongs to another user (uid ${uid})`;
    } catch (error) {
      return errnoOf(error) === "EACCES" ? "is not accessible" : "does not exist";
    }
  };
  const reason = directory.startsWith("/") ? await wrong() : "is not an absolute path";
  const shown = printablePath(directory);
  if (reason === undefined) return [{ severity: "ok", text: `${name} is ${shown}` }];
  return [{
    severity: "problem",
    text: `${name} ${reason}: ${shown}`,
    fix: unsetting(name, context),
  }];
}

async function codeServerSocket(context: SystemContext): Promise<Finding[]> {
  const name = "CODE_SERVER_SESSION_SOCKET";
  const path = context.env(name);
  if (path === undefined) return [];
  const shown = printablePath(path);
  if (await isListening(path)) return [{ severity: "ok", text: `${name} is live: ${shown}` }];
  return [{
    severity: "problem",
    text: `${name} is stale: ${shown}`,
    fix: unsetting(name, context),
  }];
}

/** The editor that `auto` would start. */
async function automaticLaunch(name: string, context: SystemContext): Promise<Finding[]> {
  const { findEditorStarter } = await import("../desktop/mod.ts");
  try {
    const starter = findEditorStarter(context);
    if (starter === undefined) {
      return [{ severity: "note", text: `${name} is auto, and no desktop editor is on PATH` }];
    }
    const text = `${name} is auto: ${printablePath(starter.command)}`;
    return [{ severity: "ok", text }];
  } catch (error) {
    return [{ severity: "note", text: `${name} is auto: ${messageOf(error)}` }];
  }
}

async function launchCommand(context: SystemContext): Promise<Finding[]> {
  const name = "SESSIONCTL_LAUNCH";
  const command = context.env(name);
  if (command === undefined) return [];
  if (command === "auto") return await automaticLaunch(name, context);
  const program = context.os === "windows"
    ? undefined
    : /^\s*([\w@%+,./-]+)(?=\s|$)/.exec(command)?.[1];
  // Words that need the shell's expansion are not checked.
  if (program === undefined || await isCommand(program)) {
    return [{ severity: "ok", text: `${name} is ${printablePath(command)}` }];
  }
  return [{
    severity: "problem",
    text: `${name} names a command that does not exist: ${printablePath(program)}`,
    fix: unsetting(name, context),
  }];
}

async function isCommand(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `command -v -- ${quote("posix", program)}`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return true; // Without a shell to ask, the command counts as valid.
  }
}

function homeFindings(context: SystemContext): Finding[] {
  const variable = context.os === "windows" ? "USERPROFILE" : "HOME";
  if (context.env(variable) !== undefined) return [];
  const home = homeDirectory(context);
  if (home === undefined) {
    const text = `${variable} is not set, and the user has no home directory, so no state is kept`;
    return [{ severity: "note", text }];
  }
  const text = `HOME is not set; using ${printablePath(home)} from the password file`;
  return [{ severity: "note", text }];
}
