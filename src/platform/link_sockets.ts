import { isAbsolute, join } from "@std/path/posix";
import { usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";
import { socketOwnership } from "./unix_socket.ts";

/** The name of a link's socket on the machine that ssh connects to; each connection has its own. */
const NAME = /^sessionctl-link-[0-9a-z]{16}\.sock$/;
/** Maximum number of sockets that are considered. */
const MAX_SOCKETS = 64;

/** A name for a link's socket that cannot be guessed. */
export function freshLinkName(): string {
  const letters = crypto.getRandomValues(new Uint8Array(16));
  const name = Array.from(letters, (letter) => (letter % 36).toString(36)).join("");
  return `sessionctl-link-${name}.sock`;
}

/** The name for `text`: always the same, and different for other texts. */
export async function linkNameOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sessionctl-link-${new Uint8Array(hash, 0, 8).toHex()}.sock`;
}

/**
 * The folder in which this user's links may end on this machine: the runtime directory of the login
 * or, without one, of the environment; undefined if there is neither.
 */
export function linkFolder(context: SystemContext = system): string | undefined {
  if (context.os !== "linux") return undefined;
  const named = context.env("XDG_RUNTIME_DIR");
  const folders = [`/run/user/${context.uid}`, ...named && isAbsolute(named) ? [named] : []];
  return folders.find((folder) => context.ownerOf(folder) === context.uid);
}

/** The link's socket that `SESSIONCTL_LINK` names, such as one that a container has mounted. */
export function namedLinkSocket(context: SystemContext = system): string | undefined {
  const path = context.env("SESSIONCTL_LINK");
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/**
 * The sockets of this user that ssh connections to this machine have forwarded here, by their
 * names, live or not: the one that `SESSIONCTL_LINK` names, and those in `$XDG_RUNTIME_DIR`,
 * `/run/user/UID` and `/tmp`. At most 64.
 *
 * This only reads folders, so that a machine without links loads nothing more for them. On Windows
 * there are none.
 */
export function linkSocketPaths(context: SystemContext = system): string[] {
  if (usesPipes(context)) return [];
  const places = new Set<string>();
  const runtime = context.env("XDG_RUNTIME_DIR");
  if (runtime && isAbsolute(runtime)) places.add(runtime.replace(/(.)\/+$/, "$1"));
  if (context.os === "linux") places.add(`/run/user/${context.uid}`);
  places.add("/tmp");
  const found: string[] = [];
  for (const directory of places) {
    try {
      for (const { name } of Deno.readDirSync(directory)) {
        const path = join(directory, name);
        if (NAME.test(name) && socketOwnership(path) === "ours") found.push(path);
      }
    } catch {
      // Missing, or not readable by this user.
    }
  }
  const named = namedLinkSocket(context);
  const isNamed = named !== undefined && socketOwnership(named) === "ours";
  return [...new Set(isNamed ? [named, ...found] : found)].slice(0, MAX_SOCKETS);
}
