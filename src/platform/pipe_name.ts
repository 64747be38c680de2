import { system, type SystemContext } from "./system.ts";

/** The directory of named pipes on Windows. */
export const PIPE_DIRECTORY = "\\\\.\\pipe\\";

/**
 * Maximum number of open connections of one of our pipes; a further one is closed. The system
 * allows 254 instances of a pipe. When all are in use, the runtime (2.7) would return the last
 * connection again and again.
 */
export const MAX_PIPE_CONNECTIONS = 240;

/** Maximum length of a pipe's name with its directory, in characters. Source: CreateNamedPipeW. */
const MAX_LENGTH = 256;

/**
 * Whether `path` has the form of a Windows named pipe. Like Windows, this accepts both kinds of
 * slashes and any letter case.
 */
export function isPipePath(path: string): boolean {
  return /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path);
}

/** Whether sockets are named pipes on this machine, which means on Windows. */
export function usesPipes(context: SystemContext = system): boolean {
  return context.os === "windows";
}

function pipeName(path: string): string {
  return path.slice(PIPE_DIRECTORY.length);
}

/** The paths of pipes with matching names. Reading the directory connects to none of them. */
export function pipesNamed(pattern: RegExp): string[] {
  try {
    return Array.from(Deno.readDirSync(PIPE_DIRECTORY), ({ name }) => name)
      .filter((name) => pattern.test(name)).map((name) => PIPE_DIRECTORY + name);
  } catch {
    return []; // Not on Windows, or on a system that does not list its pipes.
  }
}

/** The reason why `path` cannot be a pipe's name, as a predicate; undefined if it can. */
export function pipeNameProblem(path: string): string | undefined {
  if (!isPipePath(path) || pipeName(path) === "") {
    return String.raw`must be the name of a pipe, such as \\.\pipe\NAME`;
  }
  if (path.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  return undefined;
}
