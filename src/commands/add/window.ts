import { dirname } from "@std/path";
import { usage } from "../../cli/mod.ts";
import { probeEditor } from "../../editor/mod.ts";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { forbiddenReason, isPipePath, printablePath, usesPipes } from "../../platform/mod.ts";

/**
 * Checks the operands of `add` before the registration: the next lookup would remove a session that
 * is dead from the start.
 *
 * @param socketPath The editor socket, absolute.
 * @param folders Absolute.
 * @returns remarks for the user that do not prevent the registration.
 * @throws {SessionctlError} `USAGE` for operands of the wrong kind or in the wrong order,
 * `EDITOR_GONE` if nobody listens on the socket, `EDITOR_REFUSED` if another program does.
 */
export async function checkWindow(
  socketPath: string,
  folders: readonly string[],
): Promise<string[]> {
  const shown = printablePath(socketPath);
  const wrongKind = ["folder", "file"].includes(kindOf(socketPath));
  if (wrongKind && folders.some((folder) => kindOf(folder) === "socket")) {
    throw usage(
      `${shown} is not a socket, but a FOLDER is`,
      "the socket comes first: sessionctl add SOCKET FOLDER",
    );
  }
  if (wrongKind) throw usage(`SOCKET is not a socket: ${shown}`, SOCKETS);
  const remarks = folders.flatMap(folderRemark);
  switch (await probeEditor(socketPath)) {
    case "dead":
      throw new SessionctlError(
        "EDITOR_GONE",
        `no process listens on ${shown}: the window is not registered`,
        { hint: SOCKETS },
      );
    case "no-editor":
      throw new SessionctlError("EDITOR_REFUSED", `${shown} answers, but is not an editor window`, {
        hint: SOCKETS,
      });
    case "forbidden":
      return [...remarks, `the socket ${forbiddenReason(socketPath)}, and is not used`];
    case "unresponsive":
      return [...remarks, "the window does not answer at the moment"];
    case "live":
      return remarks;
  }
}

const SOCKETS = "see the windows' sockets with: sessionctl list --all";

function folderRemark(folder: string): string[] {
  const shown = printablePath(folder);
  const kind = kindOf(folder);
  if (kind === "missing") return [`there is no folder ${shown}`];
  if (kind === "socket") throw usage(`FOLDER is a socket: ${shown}`, "a window has one SOCKET");
  if (kind === "file") {
    throw usage(`FOLDER is a file: ${shown}`, `did you mean ${printablePath(dirname(folder))}?`);
  }
  return [];
}

function kindOf(path: string): "folder" | "socket" | "file" | "missing" | "unknown" {
  // Asking a pipe for its attributes would count as a client's connection.
  if (usesPipes() && isPipePath(path)) return "socket";
  try {
    const { isDirectory, isSocket } = Deno.statSync(path);
    return isDirectory ? "folder" : isSocket ? "socket" : "file";
  } catch (error) {
    // A path that exists but is not accessible may be a folder.
    return ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "") ? "missing" : "unknown";
  }
}
