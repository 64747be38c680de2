import { dirname, resolve } from "@std/path";
import { listEditorCandidates } from "../discovery/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  checkSocketPath,
  forbiddenReason,
  isPipePath,
  mainSocketPaths,
  printablePath,
  realPathOf,
  socketOwnership,
  type SystemContext,
  usesPipes,
} from "../platform/mod.ts";
import type { LivenessCache } from "./liveness.ts";
import type { WindowDestination } from "./destination.ts";
import type { RouterOptions } from "./types.ts";

/** Access to the windows that other steps know. */
export interface KnownWindows {
  /** The registered editor sockets. */
  registered(): Promise<readonly string[]>;
  /**
   * The running desktop editor with that name or main socket, or the editor at the other end of the
   * link with that socket.
   */
  elsewhere(): Promise<WindowDestination | undefined>;
  /** Finds the window that holds a folder. */
  findHolder(folder: string): Promise<WindowDestination | undefined>;
}

/**
 * Step 1: the window that the user named by its editor socket, a unique part of it, or an open
 * folder; the desktop editor with that name or main socket; or the editor at the end of the link
 * with that socket.
 *
 * @throws {SessionctlError} `SOCKET_PATH_INVALID`; `NOT_FOUND` if none or several sockets have this
 * part, or no window holds the folder; `EDITOR_GONE`, `FOREIGN_OWNER`, `ACCESS_DENIED`,
 * `EDITOR_REFUSED`, `TIMED_OUT` if the window cannot be used; `NOT_SUPPORTED` if the request needs an
 * editor socket and the name is that of a desktop editor.
 */
export async function namedTarget(
  name: string,
  options: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
  known: KnownWindows,
): Promise<WindowDestination> {
  const isPipe = usesPipes(context) && isPipePath(name);
  const isFolder = !isPipe && context.isDirectory(name);
  if (isFolder && isWrittenAsPath(name)) return await holderOf(name, known);
  const elsewhere = await known.elsewhere();
  if (elsewhere !== undefined) return elsewhere;
  let socketPath = checkedPath(name);
  if (socketPath === undefined) {
    const matching = await socketsWith(name, options, context, known);
    if (matching.length !== 1 && isFolder) return await holderOf(name, known);
    if (matching.length === 0 && options.editorsOnly) await refuseDesktop(name, context);
    const chosen = matching.length > 1 ? await options.choose?.(matching) : undefined;
    socketPath = chosen ?? onlyOne(matching, name);
  }
  const where = `--to ${printablePath(socketPath)}`;
  switch (await liveness.probe(socketPath)) {
    case "live":
      return { kind: "editor", socketPath, step: "to", folder: null };
    case "dead":
      throw gone(where, socketPath);
    case "forbidden":
      throw forbidden(where, socketPath);
    case "no-editor":
      throw new SessionctlError(
        "EDITOR_REFUSED",
        `${where}: answers, but is not an editor window`,
        {
          hint: "to see the live windows, run: sessionctl list",
        },
      );
    case "unresponsive":
      throw new SessionctlError("TIMED_OUT", `${where}: does not answer`, {
        hint: "the window may be busy or suspended",
      });
  }
}

/**
 * Explains that a running desktop editor has no editor socket, which the request needs.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if the name is that of a running desktop editor.
 */
async function refuseDesktop(name: string, context: SystemContext): Promise<void> {
  const sockets = mainSocketPaths(context);
  if (sockets.length === 0) return;
  const { productNamed, productsOf } = await import("../desktop/mod.ts");
  const product = productNamed(name);
  if (product === undefined || !(await productsOf(sockets, context)).includes(product)) return;
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `${product.name} is a desktop editor: its windows have no editor socket, and only open files`,
    { hint: "a window with the companion has an editor socket: see sessionctl companion" },
  );
}

/** The error for a path without a listener, with the most specific reason. */
function gone(where: string, socketPath: string): SessionctlError {
  const ownership = socketOwnership(socketPath);
  if (ownership === "not-a-socket") {
    return new SessionctlError("EDITOR_GONE", `${where}: a file, neither a socket nor a folder`, {
      hint: `name a folder of the window: --to ${printablePath(dirname(socketPath))}`,
    });
  }
  const reason = ownership === "missing" ? "no such socket or folder" : "no process listens there";
  return new SessionctlError("EDITOR_GONE", `${where}: ${reason}`, {
    hint: "to see the live windows, run: sessionctl list",
  });
}

function forbidden(where: string, socketPath: string): SessionctlError {
  const message = `${where}: ${forbiddenReason(socketPath)}`;
  if (socketOwnership(socketPath) !== "foreign") {
    return new SessionctlError("ACCESS_DENIED", message);
  }
  return new SessionctlError("FOREIGN_OWNER", message, {
    hint: "give --allow-owner UID if you trust its owner with what you open",
  });
}

/** The window that holds the named folder. */
async function holderOf(name: string, { findHolder }: KnownWindows): Promise<WindowDestination> {
  const folder = realPathOf(resolve(name));
  const target = await findHolder(folder);
  if (target) return { ...target, step: "to" };
  throw new SessionctlError("NOT_FOUND", `--to: no window has ${printablePath(folder)} open`, {
    hint: "to see all windows, run: sessionctl list --all",
  });
}

/**
 * Whether a name is written as a path: a folder's plain name may also be a part of a socket's path.
 */
function isWrittenAsPath(name: string): boolean {
  return /^\.{0,2}(?:\/|$)/.test(name) || (usesPipes() && /[\\/]/.test(name));
}

function checkedPath(name: string): string | undefined {
  const isPath = usesPipes() ? isPipePath(name) : name.startsWith("/");
  return isPath ? checkSocketPath(name, "--to") : undefined;
}

/** The registered and discovered sockets whose path contains `part`. */
async function socketsWith(
  part: string,
  options: RouterOptions,
  context: SystemContext,
  { registered }: KnownWindows,
): Promise<string[]> {
  const discovered = listEditorCandidates(context, options.allowOwners);
  const sockets = [...discovered.map(({ socketPath }) => socketPath), ...await registered()];
  return [...new Set(sockets)].filter((socketPath) => socketPath.includes(part));
}

function onlyOne(matching: readonly string[], part: string): string {
  if (matching.length === 1) return matching[0]!;
  const shown = `--to ${JSON.stringify(part)}`;
  if (matching.length === 0) {
    throw new SessionctlError("NOT_FOUND", `${shown}: no editor socket has this in its path`, {
      hint: "name a part of a socket that sessionctl list prints, or a desktop editor that runs",
    });
  }
  throw new SessionctlError(
    "NOT_FOUND",
    `${shown} is part of ${matching.length} editor sockets: ${
      matching.slice(0, 5).map(printablePath).join(", ")
    }`,
    { hint: "name a longer part" },
  );
}
