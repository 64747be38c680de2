import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { runtimeDirectories } from "./paths.ts";
import { PIPE_DIRECTORY, usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

/**
 * The directory for the files that belong to a socket, such as its lock: the socket's own
 * directory. Pipes have no directory; all their files are in `%LOCALAPPDATA%\sessionctl\run`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` on Windows if there is no home directory.
 */
export function socketDirectory(socketPath: string, context: SystemContext = system): string {
  if (!usesPipes(context)) return dirname(socketPath);
  const directory = runtimeDirectories(context)[0];
  if (directory !== undefined) return directory;
  throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for the files of a pipe", {
    hint: "set LOCALAPPDATA or USERPROFILE",
  });
}

/**
 * A file that belongs to a socket, in its {@link socketDirectory}.
 *
 * @param suffix The part of the file's name after the socket's name, such as `.lock`.
 * @throws {SessionctlError} as {@link socketDirectory}.
 */
export function besideSocket(
  socketPath: string,
  suffix: string,
  context: SystemContext = system,
): string {
  if (!usesPipes(context)) return socketPath + suffix;
  // Pipe names ignore letter case, and may contain characters that file names may not.
  const name = socketPath.slice(PIPE_DIRECTORY.length).toLowerCase()
    .replace(/[^\p{L}\p{N}._-]/gu, (character) => `%${character.codePointAt(0)!.toString(16)}`);
  return `${socketDirectory(socketPath, context)}\\${name}${suffix}`;
}
