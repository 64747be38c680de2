import { isAbsolute } from "@std/path";
import { SessionctlError } from "../errors.ts";
import {
  checkSocketPath,
  printablePath,
  usesPipes,
  windowsPathOfUri,
  withoutTrailingBackslashes,
} from "../platform/mod.ts";
import { checkCompanionFields, type Focus, toldFocus } from "./focus.ts";

/** How a session came to be known; `companion` is the extension in the window. */
export type SessionSource = "api" | "hook" | "discovered" | "upstream" | "companion";

/** One editor window's endpoint. */
export interface Session extends Focus {
  /** The editor socket (the window's `VSCODE_IPC_HOOK_CLI`): absolute, and the session's key. */
  readonly socketPath: string;
  /** As the editor sent it; absent or null for a window without a folder. */
  readonly workspace?: unknown;
  /** What kind of editor, such as "code-server". */
  readonly kind: string;
  /** How it came to be known. */
  readonly source: SessionSource;
  /** The Unix socket on which the editor serves HTTP, for `relay`. */
  readonly relaySocket?: string;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  /** When it last answered, in milliseconds since the epoch. */
  lastSeenAt: number;
  /** The id of its window; a window's terminals have editor sockets of their own. */
  readonly windowId?: string;
  /** The version of the companion that registered it. */
  readonly companion?: string;
  /** Fields a client sent that we know nothing of. */
  readonly [field: string]: unknown;
}

/** What `POST /add-session` takes as `entry`. */
export interface SessionEntry {
  /** The editor socket, absolute: the session's key. */
  readonly socketPath: string;
  /** As the editor sends it, with `folders`; a window without a folder has none. */
  readonly workspace?: unknown;
  /** Which editor; `editor` unless told. */
  readonly kind?: string;
  /** Who registers it; `api` unless told. */
  readonly source?: SessionSource;
  /** The Unix socket of the editor's web server, for `relay --session`. */
  readonly relaySocket?: string;
  /** The window's id, 32 hexadecimal digits: `SESSIONCTL_WINDOW` in its terminals. */
  readonly windowId?: string;
  /** Further fields are kept and listed as they are. */
  readonly [field: string]: unknown;
}

/** The longest path of a folder or a lookup, in characters: the kernel's PATH_MAX. */
export const MAX_PATH_LENGTH = 4096;
const DEFAULT_KIND = "editor";
/** No editor nests so deep; SQLite does not take JSON of more than 1,000 levels. */
const MAX_DEPTH = 64;
/** How many folders of a workspace count: each costs system calls. */
const MAX_FOLDERS = 1000;
const SOURCES: readonly unknown[] = ["api", "hook", "discovered", "upstream", "companion"];

function invalid(message: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message);
}

/**
 * Makes a session of what a client sent, as forgiving as code-server in all but the
 * socket path.
 *
 * @param now Milliseconds since the epoch.
 * @param earlier The session that is registered by its socket, if one is. What the client does
 * not tell is taken from it.
 * @throws {SessionctlError} `INVALID_ARGUMENT` or `SOCKET_PATH_INVALID`, saying what is wrong.
 */
export function toSession(
  entry: unknown,
  now: number,
  earlier: (socketPath: string) => Session | undefined = () => undefined,
): Session {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw invalid("entry is required");
  }
  const fields = entry as Record<string, unknown>;
  const { socketPath, kind, source, relaySocket, focused: _, focusedAt: __, ...rest } = fields;
  if (socketPath === undefined || socketPath === null || socketPath === "") {
    throw invalid("entry.socketPath is required");
  }
  if (typeof socketPath !== "string") throw invalid("entry.socketPath must be a string");
  checkSocketPath(socketPath, "entry.socketPath");
  if (relaySocket !== undefined && relaySocket !== null) {
    if (typeof relaySocket !== "string") throw invalid("entry.relaySocket must be a string");
    checkSocketPath(relaySocket, "entry.relaySocket");
  }
  if (isDeeperThan(rest, MAX_DEPTH)) {
    throw invalid(`entry is nested more than ${MAX_DEPTH} levels deep`);
  }
  checkCompanionFields(rest);
  const focus = toldFocus(fields, "entry.", now);
  const known = earlier(socketPath);
  const told = typeof kind === "string" && kind !== "" ? kind : DEFAULT_KIND;
  const keptSocket = relaySocket === undefined ? known?.relaySocket : relaySocket;
  return {
    ...(known === undefined ? rest : withUntold(rest, known)),
    ...focus,
    socketPath,
    // A client that says "editor" does not know which one it is.
    kind: told === DEFAULT_KIND ? known?.kind ?? told : told,
    source: SOURCES.includes(source) ? source as SessionSource : known?.source ?? "api",
    ...(typeof keptSocket === "string" ? { relaySocket: keptSocket } : {}),
    registeredAt: now,
    lastSeenAt: now,
  };
}

/** No registration is longer, in characters, with what it keeps of earlier ones. */
const MAX_LENGTH = 1024 * 1024;

/** What is told and, of the earlier session, what is not; or, if that is too long, what is told. */
function withUntold(told: Record<string, unknown>, earlier: Session): Record<string, unknown> {
  const { relaySocket: _, ...kept } = earlier;
  const both = { ...kept, ...told };
  return JSON.stringify(both).length > MAX_LENGTH ? told : both;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** `path` without slashes at its end; of the root, one stays. */
export function withoutTrailingSlashes(path: string): string {
  if (usesPipes()) return withoutTrailingBackslashes(path);
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/**
 * The folders of a session's workspace, as absolute paths without trailing slashes.
 *
 * A folder may be a path, a `file://` or `vscode-remote://` URL, an object with a `uri`
 * of either, or with VS Code's serialized URI (`{scheme, path}`). What is none of these,
 * or lies in another scheme, is passed over.
 *
 * Source: microsoft/vscode `IWorkspace` and `UriComponents`, as code-server sends them.
 */
export function workspaceFolders(workspace: unknown): string[] {
  const folders = (workspace as { folders?: unknown } | null | undefined)?.folders;
  if (!Array.isArray(folders)) return [];
  const paths = new Set<string>();
  for (const folder of folders) {
    const path = folderPath(folder);
    if (path !== undefined) paths.add(path);
    if (paths.size === MAX_FOLDERS) break;
  }
  return [...paths];
}

function folderPath(folder: unknown): string | undefined {
  if (typeof folder === "string") return pathOfText(folder);
  if (typeof folder !== "object" || folder === null) return undefined;
  const { uri, scheme, authority, path } = folder as Record<string, unknown>;
  if (uri !== undefined) return folderPath(uri);
  if (typeof path !== "string" || !isOurScheme(scheme)) return undefined;
  return pathOfParts(scheme, typeof authority === "string" ? authority : "", path);
}

function isOurScheme(scheme: unknown): boolean {
  return scheme === undefined || scheme === null || scheme === "file" ||
    scheme === "vscode-remote";
}

function pathOfText(text: string): string | undefined {
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)?$/is.exec(text);
  if (!url) return cleanPath(text);
  const [, scheme, authority, path = "/"] = url;
  if (!isOurScheme(scheme!.toLowerCase())) return undefined;
  try {
    return pathOfParts(scheme!.toLowerCase(), authority!, decodeURIComponent(path));
  } catch {
    return undefined;
  }
}

/** On Windows, the path of another machine (`vscode-remote`) keeps its form. */
function pathOfParts(scheme: unknown, authority: string, path: string): string | undefined {
  const isLocal = usesPipes() && scheme !== "vscode-remote" && path.startsWith("/");
  return cleanPath(isLocal ? windowsPathOfUri(path, authority) : path);
}

function cleanPath(path: string): string | undefined {
  // The kernel takes no longer path, and resolving one would take long.
  if (!isAbsolute(path) || path.includes("\0") || path.length > MAX_PATH_LENGTH) return undefined;
  return withoutTrailingSlashes(path);
}

/** How a session is named in one line: its folders, else its socket. */
export function describeSession(session: Session): string {
  const folders = workspaceFolders(session.workspace);
  return folders.length === 0 ? "(no folder)" : folders.map(printablePath).join(", ");
}
