import { dirname, isAbsolute, join } from "@std/path/posix";
import { SessionctlError } from "../errors.ts";
import { PIPE_DIRECTORY, usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

const APP = "sessionctl";
const REGISTRY_SOCKET = "registry.sock";
const CONFIG_FILE = "config.jsonc";

/** A snap's programs get directories of one revision, which the next revision does not use. */
const SNAP_REVISION = /\/snap\/[^/]+\/x?[0-9]+(\/|$)/;

/**
 * XDG variables must contain absolute paths; others are ignored, and so are directories of one
 * revision of a snap, whose contents would be lost with the next revision.
 * Source: XDG Base Directory Specification 0.8, "Basics"; snapcraft "Data locations".
 */
function xdgDirectory(
  name: string,
  context: SystemContext,
): string | undefined {
  const value = context.env(name);
  const usable = value !== undefined && isAbsolute(value) && !SNAP_REVISION.test(value);
  return usable ? value : undefined;
}

/**
 * `XDG_RUNTIME_DIR`, unless it belongs to another user, as after an `su` that kept the environment.
 * Source: XDG Base Directory Specification 0.8: "The directory MUST be owned by the user".
 */
function xdgRuntimeDirectory(context: SystemContext): string | undefined {
  const directory = xdgDirectory("XDG_RUNTIME_DIR", context);
  if (directory === undefined) return undefined;
  const owner = context.ownerOf(directory);
  return owner === undefined || owner === context.uid ? directory : undefined;
}

/**
 * The user's home directory: `HOME`, or else the password file's entry (cron, su); on Windows
 * `USERPROFILE`.
 */
export function homeDirectory(
  context: SystemContext = system,
): string | undefined {
  if (context.os === "windows") return context.env("USERPROFILE");
  const home = context.env("HOME");
  if (home !== undefined && isAbsolute(home)) return home;
  for (const line of context.readTextFile("/etc/passwd")?.split("\n") ?? []) {
    const [, , uid, , , directory] = line.split(":");
    if (uid === String(context.uid) && directory) return directory;
  }
  return undefined;
}

/** A Windows directory for the files of programs: `%APPDATA%` or `%LOCALAPPDATA%`. */
function windowsData(
  name: "APPDATA" | "LOCALAPPDATA",
  context: SystemContext,
): string | undefined {
  const named = context.env(name);
  if (named !== undefined) return named;
  const home = homeDirectory(context);
  return home && `${home}\\AppData\\${name === "APPDATA" ? "Roaming" : "Local"}`;
}

/** Our directory for files of this machine on Windows: `%LOCALAPPDATA%\sessionctl`. */
function windowsDirectory(context: SystemContext): string | undefined {
  const data = windowsData("LOCALAPPDATA", context);
  return data && `${data}\\${APP}`;
}

/**
 * The directories in which a user's runtime files may be, best first: `$XDG_RUNTIME_DIR` if it
 * belongs to the user, `/run/user/UID` if it exists although the variable is unset (cron, su), then
 * the temporary directory. On Windows, where sockets are pipes, `%LOCALAPPDATA%\sessionctl\run`.
 */
export function runtimeDirectories(context: SystemContext = system): string[] {
  if (context.os === "windows") {
    const directory = windowsDirectory(context);
    return directory === undefined ? [] : [`${directory}\\run`];
  }
  const directories: string[] = [];
  const runtime = xdgRuntimeDirectory(context);
  if (runtime) directories.push(join(runtime, APP));
  const loginRuntime = `/run/user/${context.uid}`;
  if (loginRuntime !== runtime && context.isDirectory(loginRuntime)) {
    directories.push(join(loginRuntime, APP));
  }
  if (context.os === "darwin") {
    const temporary = context.env("TMPDIR");
    if (temporary && isAbsolute(temporary)) {
      directories.push(join(temporary, APP));
    }
  }
  directories.push(`/tmp/${APP}-${context.uid}`);
  return directories;
}

/**
 * The possible paths of the registry's socket, best first. A server binds the first; a client tries
 * each, so that the two meet whatever their environments are.
 *
 * @param explicit The `--socket` option; it and `SESSIONCTL_SOCKET` exclude all others.
 * @example
 * ```ts
 * registrySocketCandidates(); // ["/run/user/1000/sessionctl/registry.sock", ...]
 * ```
 */
export function registrySocketCandidates(
  explicit?: string,
  context: SystemContext = system,
): string[] {
  const chosen = explicit ?? context.env("SESSIONCTL_SOCKET");
  if (chosen !== undefined) return [chosen];
  if (usesPipes(context)) return [windowsRegistryPipe(context)];
  return runtimeDirectories(context).map((directory) => join(directory, REGISTRY_SOCKET));
}

/** Pipes have one directory for all users, so the name includes the path of the user's profile. */
function windowsRegistryPipe(context: SystemContext): string {
  const user = (homeDirectory(context) ?? "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return `${PIPE_DIRECTORY}${APP}-registry-${user}`;
}

/**
 * The registry's state file: `sessionctl/registry.db` under `$XDG_STATE_HOME`, by default
 * `~/.local/state`; on Windows under `%LOCALAPPDATA%`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function stateFilePath(context: SystemContext = system): string {
  const windows = context.os === "windows" ? windowsDirectory(context) : undefined;
  if (windows !== undefined) return `${windows}\\registry.db`;
  const state = xdgDirectory("XDG_STATE_HOME", context);
  if (state) return join(state, APP, "registry.db");
  const home = homeDirectory(context);
  if (home === undefined) {
    throw new SessionctlError(
      "STATE_UNAVAILABLE",
      "no home directory for the registry's state",
      {
        hint: "set HOME or XDG_STATE_HOME, or use --state FILE or --no-state",
      },
    );
  }
  return join(home, ".local/state", APP, "registry.db");
}

/**
 * Our directory for data that other programs read: `sessionctl` under `$XDG_DATA_HOME`, by default
 * `~/.local/share`; on Windows under `%LOCALAPPDATA%`.
 *
 * @returns undefined if there is no home directory.
 */
export function appDataDirectory(context: SystemContext = system): string | undefined {
  if (context.os === "windows") return windowsDirectory(context);
  const home = homeDirectory(context);
  const data = xdgDirectory("XDG_DATA_HOME", context) ?? (home && join(home, ".local/share"));
  return data && join(data, APP);
}

/**
 * The directory for the logs of our long-running commands: `sessionctl/log` under
 * `$XDG_STATE_HOME`, by default `~/.local/state`; on Windows under `%LOCALAPPDATA%`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function logDirectory(context: SystemContext = system): string {
  const windows = context.os === "windows" ? windowsDirectory(context) : undefined;
  if (windows !== undefined) return `${windows}\\log`;
  return join(dirname(stateFilePath(context)), "log");
}

/**
 * The directory of the user's settings: `$XDG_CONFIG_HOME`, by default `~/.config`; on Windows
 * `%APPDATA%`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function configDirectory(context: SystemContext = system): string {
  const directory = findConfigDirectory(context);
  if (directory !== undefined) return directory;
  throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for settings", {
    hint: "set HOME or XDG_CONFIG_HOME",
  });
}

function findConfigDirectory(context: SystemContext): string | undefined {
  if (context.os === "windows") return windowsData("APPDATA", context);
  const config = xdgDirectory("XDG_CONFIG_HOME", context);
  if (config) return config;
  const home = homeDirectory(context);
  return home && join(home, ".config");
}

/**
 * The user's config file: `SESSIONCTL_CONFIG` (`none` for no file), or else
 * `sessionctl/config.jsonc` under `$XDG_CONFIG_HOME`, by default `~/.config`; on Windows under
 * `%APPDATA%`.
 *
 * @returns undefined if no file is to be read, or there is no home directory.
 */
export function configFilePath(context: SystemContext = system): string | undefined {
  const chosen = context.env("SESSIONCTL_CONFIG");
  if (chosen) return chosen === "none" ? undefined : chosen;
  const directory = findConfigDirectory(context);
  if (context.os === "windows") return directory && `${directory}\\${APP}\\${CONFIG_FILE}`;
  return directory && join(directory, APP, CONFIG_FILE);
}

/**
 * The names of editors' command-line sockets.
 * Source: microsoft/vscode `createRandomIPCHandle` in `src/vs/base/parts/ipc/node/ipc.net.ts`.
 */
export const CLI_SOCKET_NAME = /^vscode-ipc-.+[.-]sock$/;

/**
 * The directories in which editors put their CLI sockets: the user's runtime directories and the
 * temporary ones; docs/discovery.md lists the editors. None on Windows: see `pipesNamed`.
 *
 * @param allowOwners Further user ids whose runtime directories count (`--allow-owner`).
 */
export function editorSocketDirectories(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): string[] {
  if (usesPipes(context)) return [];
  const directories = new Set<string>();
  const runtime = xdgDirectory("XDG_RUNTIME_DIR", context);
  if (runtime) directories.add(runtime);
  for (const uid of [context.uid, ...allowOwners]) directories.add(`/run/user/${uid}`);
  const temporary = context.env("TMPDIR");
  if (temporary && isAbsolute(temporary)) {
    directories.add(temporary.replace(/(.)\/+$/, "$1"));
  }
  directories.add("/tmp");
  // WSL's graphical sessions have their runtime directory there (microsoft/wslg).
  if (context.os === "linux") directories.add("/mnt/wslg/runtime-dir");
  return [...directories].filter((directory) => context.isDirectory(directory));
}

/** The directories in which editors put their CLI sockets, for display. */
export function editorSocketPlaces(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): readonly string[] {
  return usesPipes(context) ? [PIPE_DIRECTORY] : editorSocketDirectories(context, allowOwners);
}

/**
 * The possible paths of code-server's own session socket, best first: `CODE_SERVER_SESSION_SOCKET`,
 * then its default data directory. None on Windows, where its name is not a pipe's.
 * Source: coder/code-server `src/node/cli.ts` (`setDefaults`) and `src/node/util.ts` (`getEnvPaths`).
 */
export function codeServerSocketCandidates(
  context: SystemContext = system,
): string[] {
  if (usesPipes(context)) return [];
  const candidates: string[] = [];
  const explicit = context.env("CODE_SERVER_SESSION_SOCKET");
  if (explicit && isAbsolute(explicit)) candidates.push(explicit);
  const home = homeDirectory(context);
  // Whatever the variable contains, because code-server uses it, too.
  const named = context.env("XDG_DATA_HOME");
  const data = named && isAbsolute(named) ? named : home && join(home, ".local/share");
  if (data) candidates.push(join(data, "code-server/code-server-ipc.sock"));
  if (context.os === "darwin" && home) {
    candidates.push(
      join(
        home,
        "Library/Application Support/code-server/code-server-ipc.sock",
      ),
    );
  }
  return [...new Set(candidates)];
}
