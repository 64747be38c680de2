import { dirname, join } from "@std/path/posix";
import { SessionctlError } from "../errors.ts";
import { printablePath, system, type SystemContext } from "../platform/mod.ts";
import { DESKTOP_PRODUCTS } from "./products.ts";

/** The command that starts a desktop editor. */
export interface EditorStarter {
  readonly editorName: string;
  /** The command as users type it. */
  readonly shown: string;
  readonly command: string;
  /** The arguments before the editor's own. */
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Under WSL, where the editor runs on Windows: its name for this machine as a remote. */
  readonly remoteAuthority?: string;
}

/**
 * Finds the command that starts the installed desktop editor: under WSL the one on Windows,
 * otherwise the first of the known products.
 *
 * @returns undefined if none is installed.
 * @throws {SessionctlError} `NOT_SUPPORTED` if there is one, but no screen for it: over ssh, or
 * without a display.
 */
export function findEditorStarter(context: SystemContext = system): EditorStarter | undefined {
  const starter = onWindows(context) ?? installed(context);
  if (starter === undefined) return undefined;
  const reason = noScreen(starter, context);
  if (reason === undefined) return starter;
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `${starter.editorName} is installed, but not started: ${reason}`,
    { hint: "open a window of this machine from your own, or run this in a desktop session" },
  );
}

/** The reason why the caller would not see a window. */
function noScreen({ remoteAuthority }: EditorStarter, context: SystemContext): string | undefined {
  if (context.env("SSH_CONNECTION") ?? context.env("SSH_TTY")) {
    return "this is an ssh session, and its window would appear on this machine's own screen";
  }
  if (context.os !== "linux" || remoteAuthority !== undefined) return undefined;
  if (context.env("DISPLAY") ?? context.env("WAYLAND_DISPLAY")) return undefined;
  return "neither DISPLAY nor WAYLAND_DISPLAY is set, so there is no screen";
}

/**
 * Finds the editor on Windows, as programs in WSL start it.
 *
 * Source: microsoft/vscode `src/vs/server/node/server.cli.ts` (`VSCODE_CLIENT_COMMAND`) and
 * `resources/win32/bin/code.sh`.
 */
function onWindows(context: SystemContext): EditorStarter | undefined {
  const distribution = context.env("WSL_DISTRO_NAME");
  if (distribution === undefined) return undefined;
  const remoteAuthority = `wsl+${distribution}`;
  const client = context.env("VSCODE_CLIENT_COMMAND");
  if (client?.startsWith("/")) {
    const editorName = "the editor on Windows";
    return { ...clientCommand(client, context), editorName, remoteAuthority };
  }
  for (const { command, name } of DESKTOP_PRODUCTS) {
    const program = programsNamed(command, context).find(isOfWindows);
    if (program !== undefined) {
      const editorName = `${name} on Windows`;
      return { editorName, shown: command, command: program, args: [], remoteAuthority };
    }
  }
  return undefined;
}

/** Programs on Windows' drives, which WSL mounts there and appends to `PATH`. */
const isOfWindows = (path: string) => /^\/mnt\/[a-z]\//i.test(path);

function clientCommand(
  client: string,
  context: SystemContext,
): Pick<EditorStarter, "shown" | "command" | "args" | "cwd" | "env"> {
  if (/\.(?:bat|cmd)$/i.test(client)) {
    const cwd = context.env("VSCODE_CLIENT_COMMAND_CWD");
    const place = cwd?.startsWith("/") ? { cwd } : {};
    return { shown: client, command: "cmd.exe", args: ["/C", client], ...place };
  }
  const cwd = dirname(client);
  const wslenv = context.env("WSLENV");
  return {
    shown: client,
    command: client,
    args: [commandLineScript(cwd)],
    cwd,
    env: {
      ELECTRON_RUN_AS_NODE: "1",
      WSLENV: ["ELECTRON_RUN_AS_NODE/w", ...wslenv ? [wslenv] : []].join(":"),
    },
  };
}

const SCRIPT = "resources/app/out/cli.js";

/** Newer editors keep one folder per version, named after its commit. */
function commandLineScript(folder: string): string {
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (/^[0-9a-f]{10}$/.test(name) && isFile(join(folder, name, SCRIPT))) {
        return `${name}/${SCRIPT}`;
      }
    }
  } catch { /* The usual place has to do. */ }
  return SCRIPT;
}

function installed(context: SystemContext): EditorStarter | undefined {
  for (const { command, name } of DESKTOP_PRODUCTS) {
    const program = programsNamed(command, context).find((path) => !isOfWindows(path)) ??
      applicationProgram(name, command, context);
    if (program === undefined) continue;
    const onPath = programsNamed(command, context)[0] === program;
    const shown = onPath ? command : program;
    return { editorName: name, shown, command: program, args: [] };
  }
  return undefined;
}

/** macOS keeps an application's command line inside it. */
function applicationProgram(
  name: string,
  command: string,
  context: SystemContext,
): string | undefined {
  if (context.os !== "darwin") return undefined;
  const home = context.env("HOME") ?? "";
  return ["/Applications", `${home}/Applications`]
    .map((folder) => `${folder}/${name}.app/Contents/Resources/app/bin/${command}`)
    .find(isFile);
}

/**
 * The programs with a name on `PATH`, except sessionctl itself and the command lines of servers.
 */
function programsNamed(name: string, context: SystemContext): string[] {
  return (context.env("PATH") ?? "").split(":")
    .filter((folder) => folder.startsWith("/") && !folder.endsWith("/bin/remote-cli"))
    .map((folder) => join(folder, name))
    .filter((path) => isFile(path) && !isSessionctl(path));
}

function isFile(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || path.endsWith(".js") || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

/** `init --link` creates a link with that name to sessionctl. */
function isSessionctl(path: string): boolean {
  try {
    return Deno.realPathSync(path) === Deno.realPathSync(Deno.execPath());
  } catch {
    return false;
  }
}

/** A command line for display. */
export function describeStart({ shown }: EditorStarter, args: readonly string[]): string {
  return [shown, ...args].map(printablePath).join(" ");
}
