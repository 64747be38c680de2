import { dirname } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { runtimeDirectories } from "./paths.ts";
import { PIPE_DIRECTORY, usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

/**
 * The directory for the files that belong to a socket, such as its lock: the socket's own. Pipes
 * lie in none: the files of all of them lie in `%LOCALAPPDATA%\sessionctl\run`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` on Windows, when there is no home directory.
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
 * @param suffix What the file's name has behind the socket's, such as `.lock`.
 * @throws {SessionctlError} as {@link socketDirectory}.
 */
export function besideSocket(
  socketPath: string,
  suffix: string,
  context: SystemContext = system,
): string {
  if (!usesPipes(context)) return socketPath + suffix;
  // Names of pipes ignore the case, and may contain what names of files may not.
  const name = socketPath.slice(PIPE_DIRECTORY.length).toLowerCase()
    .replace(/[^\p{L}\p{N}._-]/gu, (character) => `%${character.codePointAt(0)!.toString(16)}`);
  return `${socketDirectory(socketPath, context)}\\${name}${suffix}`;
}
