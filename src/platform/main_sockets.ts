import { basename, isAbsolute, join } from "@std/path/posix";
import { homeDirectory } from "./paths.ts";
import { isPipePath, pipesNamed, usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

/** A folder in which a desktop editor keeps its data; each has its own main process. */
export interface UserDataDirectory {
  readonly path: string;
  /** The product's name for its folder; undefined for a folder that the user chose. */
  readonly name?: string;
}

/** The names of desktop editors' user data folders. */
const NAMES = [
  "Code",
  "Code - Insiders",
  "Code - OSS",
  "code-oss-dev",
  "VSCodium",
  "VSCodium - Insiders",
  "Cursor",
  "Windsurf",
  "Windsurf - Next",
  "Positron",
] as const;

/** Flatpak gives each program its own home directory. */
const FLATPAKS: readonly (readonly [string, string])[] = [
  ["com.visualstudio.code", "Code"],
  ["com.visualstudio.code-oss", "Code - OSS"],
  ["com.vscodium.codium", "VSCodium"],
];

/**
 * Maximum number of sockets that are considered. An editor removes its dead socket when it starts.
 */
const MAX_SOCKETS = 64;

/**
 * The folders in which desktop editors keep their user data: `VSCODE_PORTABLE`, `VSCODE_APPDATA`,
 * then each product's default, which is below `%APPDATA%` on Windows. The folders need not exist.
 *
 * Source: microsoft/vscode `src/vs/platform/environment/node/userDataPath.ts`.
 */
export function userDataDirectories(context: SystemContext = system): UserDataDirectory[] {
  if (context.os === "windows") return windowsDataDirectories(context);
  const found: UserDataDirectory[] = [];
  const absolute = (name: string) => {
    const value = context.env(name);
    return value !== undefined && isAbsolute(value) ? value : undefined;
  };
  const portable = absolute("VSCODE_PORTABLE");
  if (portable) found.push({ path: join(portable, "user-data") });
  const home = homeDirectory(context);
  const bases = new Set([
    absolute("VSCODE_APPDATA"),
    context.os === "darwin" ? undefined : absolute("XDG_CONFIG_HOME"),
    home && join(home, context.os === "darwin" ? "Library/Application Support" : ".config"),
  ]);
  for (const base of bases) {
    if (base) { for (const name of NAMES) found.push({ path: join(base, name), name }); }
  }
  if (home && context.os === "linux") {
    for (const [id, name] of FLATPAKS) {
      found.push({ path: join(home, ".var/app", id, "config", name), name });
    }
  }
  return found;
}

/** As the editors write the paths, because the names of their pipes contain the hash of them. */
function windowsDataDirectories(context: SystemContext): UserDataDirectory[] {
  const portable = context.env("VSCODE_PORTABLE");
  const home = homeDirectory(context);
  const appData = context.env("APPDATA") ?? (home && `${home}\\AppData\\Roaming`);
  const bases = new Set([context.env("VSCODE_APPDATA"), appData]);
  return [
    ...portable === undefined ? [] : [{ path: `${portable}\\user-data` }],
    ...[...bases].flatMap((base) =>
      base === undefined ? [] : NAMES.map((name) => ({ path: `${base}\\${name}`, name }))
    ),
  ];
}

/**
 * The sockets of desktop editors' main processes by their file names, live or not:
 * `vscode-HASH-VERSION-main.sock` in a runtime directory, `VERSION-main.sock` in a user data
 * directory, and the one that `VSCODE_IPC_HOOK` names. At most 64.
 *
 * This only reads folders, so that a machine without a desktop editor loads nothing more for them.
 *
 * Source: microsoft/vscode `src/vs/base/parts/ipc/node/ipc.net.ts` (`createStaticIPCHandle`).
 *
 * @param allowOwners Further user ids whose runtime directories count (`--allow-owner`).
 * @example
 * ```ts
 * mainSocketPaths(); // ["/run/user/1000/vscode-1d2c3b4a-1.13-main.sock"]
 * ```
 */
export function mainSocketPaths(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): string[] {
  const found = new Set<string>();
  const hook = context.env("VSCODE_IPC_HOOK");
  if (usesPipes(context)) {
    const named = hook && isPipePath(hook) && MAIN_PIPE.test(hook) ? [hook] : [];
    return [...new Set([...named, ...pipesNamed(MAIN_PIPE)])].slice(0, MAX_SOCKETS);
  }
  if (hook && isAbsolute(hook) && MAIN_SOCKET.test(basename(hook))) found.add(hook);
  for (const directory of runtimePlaces(context, allowOwners)) {
    for (const name of namesIn(directory)) {
      if (IN_RUNTIME_DIRECTORY.test(name)) found.add(join(directory, name));
      else if (name.startsWith("snap.")) addAll(found, join(directory, name), IN_RUNTIME_DIRECTORY);
      else if (name === "app") {
        for (const id of namesIn(join(directory, name))) {
          addAll(found, join(directory, name, id), IN_RUNTIME_DIRECTORY);
        }
      }
    }
  }
  for (const { path } of userDataDirectories(context)) addAll(found, path, IN_DATA_DIRECTORY);
  return [...found].slice(0, MAX_SOCKETS);
}

const IN_RUNTIME_DIRECTORY = /^vscode-[0-9a-f]{8}-.{1,32}-main\.sock$/;
const IN_DATA_DIRECTORY = /^[0-9].{0,31}-main\.sock$/;
const MAIN_SOCKET = /-main\.sock$/;
/** The end of a pipe's path, or its whole name. */
const MAIN_PIPE = /(?:^|\\)[0-9a-f]{8}-.{1,32}-main-sock$/;

function runtimePlaces(context: SystemContext, allowOwners: readonly number[]): Set<string> {
  const places = new Set<string>();
  const runtime = context.env("XDG_RUNTIME_DIR");
  if (runtime && isAbsolute(runtime)) places.add(runtime.replace(/(.)\/+$/, "$1"));
  if (context.os === "linux") {
    for (const uid of [context.uid, ...allowOwners]) places.add(`/run/user/${uid}`);
    // The runtime directory of WSL's graphical sessions (microsoft/wslg).
    places.add("/mnt/wslg/runtime-dir");
  }
  return places;
}

function addAll(found: Set<string>, directory: string, pattern: RegExp): void {
  for (const name of namesIn(directory)) {
    if (pattern.test(name)) found.add(join(directory, name));
  }
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return []; // Missing, or not readable by this user.
  }
}
