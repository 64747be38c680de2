import { system, type SystemContext } from "./system.ts";

/** Where Windows keeps its named pipes. */
export const PIPE_DIRECTORY = "\\\\.\\pipe\\";

/**
 * How many connections of a pipe of ours are open at once; a further one is closed. The system
 * allows 254 instances of a pipe. When all are taken, the runtime (2.7) would give the last
 * connection out again and again.
 */
export const MAX_PIPE_CONNECTIONS = 240;

/** The longest name of a pipe, in characters, with the directory. Source: CreateNamedPipeW. */
const MAX_LENGTH = 256;

/**
 * Whether `path` is written as the name of a named pipe of Windows. Both kinds of slashes are
 * accepted, as Windows does, and any letter case.
 */
export function isPipePath(path: string): boolean {
  return /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path);
}

/** Whether sockets are named pipes on this machine: on Windows. */
export function usesPipes(context: SystemContext = system): boolean {
  return context.os === "windows";
}

function pipeName(path: string): string {
  return path.slice(PIPE_DIRECTORY.length);
}

/** The pipes, as paths, whose names match. Reading the directory connects to none of them. */
export function pipesNamed(pattern: RegExp): string[] {
  try {
    return Array.from(Deno.readDirSync(PIPE_DIRECTORY), ({ name }) => name)
      .filter((name) => pattern.test(name)).map((name) => PIPE_DIRECTORY + name);
  } catch {
    return []; // Not on Windows, or a system that does not list its pipes.
  }
}

/** Why `path` cannot be the name of a pipe, as a predicate; undefined if it can. */
export function pipeNameProblem(path: string): string | undefined {
  if (!isPipePath(path) || pipeName(path) === "") {
    return String.raw`must be the name of a pipe, such as \\.\pipe\NAME`;
  }
  if (path.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  return undefined;
}
