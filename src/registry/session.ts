import { isAbsolute } from "@std/path";
import { SessionctlError } from "../errors.ts";
import {
  checkSocketPath,
  printablePath,
  usesPipes,
  windowsPathOfUri,
  withoutTrailingBackslashes,
} from "../platform/mod.ts";
import { checkCompanionFields, type Focus, readFocus } from "./focus.ts";

/** The origin of a session; `companion` is the extension in the window. */
export type SessionSource = "api" | "hook" | "discovered" | "upstream" | "companion";

/** One editor window's endpoint. */
export interface Session extends Focus {
  /** The editor socket (the window's `VSCODE_IPC_HOOK_CLI`): absolute, and the session's key. */
  readonly socketPath: string;
  /** The workspace as the editor sent it; absent or null for a window without a folder. */
  readonly workspace?: unknown;
  /** The kind of editor, such as "code-server". */
  readonly kind: string;
  /** The origin of the session. */
  readonly source: SessionSource;
  /** The Unix socket on which the editor serves HTTP, for `relay`. */
  readonly relaySocket?: string;
  /** Time of the registration, in milliseconds since the epoch. */
  readonly registeredAt: number;
  /** Time of its last answer, in milliseconds since the epoch. */
  lastSeenAt: number;
  /** The id of its window. The terminals of a window have editor sockets of their own. */
  readonly windowId?: string;
  /** The version of the companion that registered it. */
  readonly companion?: string;
  /** Unknown fields that a client sent. */
  readonly [field: string]: unknown;
}

/** The `entry` of `POST /add-session`. */
export interface SessionEntry {
  /** The editor socket, absolute: the session's key. */
  readonly socketPath: string;
  /** The workspace as the editor sends it, with `folders`; a window without a folder has none. */
  readonly workspace?: unknown;
  /** The kind of editor; `editor` by default. */
  readonly kind?: string;
  /** The origin of the registration; `api` by default. */
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
/** No editor nests deeper; SQLite rejects JSON of more than 1,000 levels. */
const MAX_DEPTH = 64;
/** Maximum number of folders of a workspace, because each costs system calls. */
const MAX_FOLDERS = 1000;
const SOURCES: readonly unknown[] = ["api", "hook", "discovered", "upstream", "companion"];

function invalid(message: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message);
}

/**
 * Converts a client's entry into a session. It is as lenient as code-server, except for the
 * socket path.
 *
 * @param now Milliseconds since the epoch.
 * @param earlier Returns the session registered with a socket, if any. Fields that the client omits
 * are taken from it.
 * @throws {SessionctlError} `INVALID_ARGUMENT` or `SOCKET_PATH_INVALID`, with the field and its
 * problem.
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
  const focus = readFocus(fields, "entry.", now);
  const known = earlier(socketPath);
  const sentKind = typeof kind === "string" && kind !== "" ? kind : DEFAULT_KIND;
  const keptSocket = relaySocket === undefined ? known?.relaySocket : relaySocket;
  return {
    ...(known === undefined ? rest : withEarlierFields(rest, known)),
    ...focus,
    socketPath,
    // A client that sends "editor" does not know the kind.
    kind: sentKind === DEFAULT_KIND ? known?.kind ?? sentKind : sentKind,
    source: SOURCES.includes(source) ? source as SessionSource : known?.source ?? "api",
    ...(typeof keptSocket === "string" ? { relaySocket: keptSocket } : {}),
    registeredAt: now,
    lastSeenAt: now,
  };
}

/** Maximum length of a registration, in characters, including fields kept from earlier ones. */
const MAX_LENGTH = 1024 * 1024;

/** The sent fields, and the earlier session's other fields unless both together are too long. */
function withEarlierFields(
  sent: Record<string, unknown>,
  earlier: Session,
): Record<string, unknown> {
  const { relaySocket: _, ...kept } = earlier;
  const both = { ...kept, ...sent };
  return JSON.stringify(both).length > MAX_LENGTH ? sent : both;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** Removes trailing slashes from `path`, except for the root's. */
export function withoutTrailingSlashes(path: string): string {
  if (usesPipes()) return withoutTrailingBackslashes(path);
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/**
 * The folders of a session's workspace, as absolute paths without trailing slashes.
 *
 * A folder may be a path, a `file://` or `vscode-remote://` URL, an object whose `uri` is either,
 * or VS Code's serialized URI (`{scheme, path}`). Any other value, and any other scheme, is
 * skipped.
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

/** On Windows, the path of another machine (`vscode-remote`) is not converted. */
function pathOfParts(scheme: unknown, authority: string, path: string): string | undefined {
  const isLocal = usesPipes() && scheme !== "vscode-remote" && path.startsWith("/");
  return cleanPath(isLocal ? windowsPathOfUri(path, authority) : path);
}

function cleanPath(path: string): string | undefined {
  // The kernel accepts no longer path, and resolving one would take long.
  if (!isAbsolute(path) || path.includes("\0") || path.length > MAX_PATH_LENGTH) return undefined;
  return withoutTrailingSlashes(path);
}

/** Describes a session in one line by its folders; "(no folder)" if it has none. */
export function describeSession(session: Session): string {
  const folders = workspaceFolders(session.workspace);
  return folders.length === 0 ? "(no folder)" : folders.map(printablePath).join(", ");
}
