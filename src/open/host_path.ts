import { SessionctlError } from "../errors.ts";
import { findHost, remoteFileUri } from "../links/mod.ts";
import { absolutePath, fileIdentity, printablePath } from "../platform/mod.ts";
import { itemOfPath, itemOfUri, type OpenItem, type Position } from "./item.ts";

/** The place that an operand of the form `HOST:/PATH[:LINE[:COLUMN]]` names. */
interface HostPath {
  readonly host: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly position?: Position;
}

/**
 * The items of operands of the form `HOST:/PATH`. HOST is a host of the fleet, or one that this
 * machine has a link to. PATH is absolute; a folder ends with a slash.
 *
 * @param operands Operands for which `namesHost` holds. If this machine has a folder `HOST:`, the
 * operand names a file in it, and has no item here.
 * @param workingDirectory Returns the folder to which a relative name refers.
 * @param registrySocket The registry that the user named.
 * @throws {SessionctlError} `NOT_FOUND` if no host has the name, `USAGE` for `..` in the path.
 */
export async function itemsOfHosts(
  operands: readonly string[],
  workingDirectory: () => string,
  registrySocket: string | undefined,
): Promise<ReadonlyMap<string, OpenItem>> {
  const items = new Map<string, OpenItem>();
  await Promise.all(operands.map(async (typed) => {
    const folder = absolutePath(typed.slice(0, typed.indexOf("/")), workingDirectory);
    if (fileIdentity(folder) !== undefined) return;
    items.set(typed, await itemOf(typed, workingDirectory, registrySocket));
  }));
  return items;
}

async function itemOf(
  typed: string,
  workingDirectory: () => string,
  registrySocket: string | undefined,
): Promise<OpenItem> {
  const { host, path, isFolder, position } = readHostPath(typed);
  const found = await findHost(host, path, registrySocket);
  if (found === undefined) throw unknownHost(typed, host);
  const { authority, isThisHost, window } = found;
  const kind = isFolder || window?.folder === path ? "folder" : "file";
  if (isThisHost) return itemOfPath(kind, typed, path, position);
  const item = itemOfUri(kind, remoteFileUri(authority, path), workingDirectory);
  return {
    ...item,
    typed,
    ...position && kind === "file" && { position, goto: "wanted" },
    ofHost: { host, path, ...window && { window } },
  };
}

function readHostPath(typed: string): HostPath {
  const at = typed.indexOf(":");
  const [, path = "", line, column] = /^(.*?)(?::([0-9]{1,9})(?::([0-9]{1,9}))?:?)?$/s.exec(
    typed.slice(at + 1),
  )!;
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(path)) {
    throw new SessionctlError("USAGE", `${printablePath(typed)} contains . or .. as a name`, {
      hint: "write the path of the other machine without them",
    });
  }
  return {
    host: typed.slice(0, at),
    path: path.replace(/(.)\/+$/s, "$1"),
    isFolder: path.endsWith("/"),
    ...line && { position: { line: Number(line), ...column && { column: Number(column) } } },
  };
}

function unknownHost(typed: string, host: string): SessionctlError {
  return new SessionctlError("NOT_FOUND", `no link and no fleet has a host ${host}`, {
    hint: `connect with: sessionctl ssh ${host}, or for a file of this machine: ` +
      `sessionctl open ./${printablePath(typed)}`,
  });
}
