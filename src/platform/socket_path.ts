import { isAbsolute } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { pipeNameProblem, usesPipes } from "./pipe_name.ts";
import { system, type SystemContext } from "./system.ts";

/**
 * Maximum length of a Unix socket's path, in bytes: `sun_path` without its terminating NUL. Source:
 * unix(7) on Linux (108), `<sys/un.h>` on macOS (104).
 */
export function maxSocketPathBytes(context: SystemContext = system): number {
  return context.os === "darwin" ? 103 : 107;
}

/**
 * A path for display on one line: control characters, on which terminals act, are escaped, and so
 * are characters that change the direction of the following text.
 */
export function printablePath(path: string): string {
  // deno-lint-ignore no-control-regex
  return path.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const shown = JSON.stringify(character).slice(1, -1);
    if (shown !== character) return shown;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Text of several lines, possibly from outside, made safe for a terminal. */
export function printableText(text: string): string {
  return text.replace(/[^\n\t]+/g, printablePath);
}

/**
 * Checks for conditions that the operating system would refuse, and gives a reason.
 *
 * @param what The name of the path in an error, such as "--socket".
 * @throws {SessionctlError} `SOCKET_PATH_INVALID` if the path is empty, relative, contains a NUL,
 * or is longer than `sun_path` allows; on Windows, if it is not a pipe's name.
 */
export function checkSocketPath(
  path: string,
  what: string,
  context: SystemContext = system,
): string {
  const fail = (reason: string, hint?: string) => {
    throw new SessionctlError("SOCKET_PATH_INVALID", `${what} ${reason}`, {
      hint,
    });
  };
  if (path === "") fail("is empty");
  if (path.includes("\0")) fail(`contains a NUL byte: ${printablePath(path)}`);
  if (usesPipes(context)) {
    const problem = pipeNameProblem(path);
    if (problem !== undefined) fail(`${problem}, not ${printablePath(path.slice(0, 300))}`);
    return path;
  }
  if (!isAbsolute(path)) {
    fail(`must be an absolute path, not ${printablePath(path)}`);
  }
  const bytes = new TextEncoder().encode(path).length;
  const limit = maxSocketPathBytes(context);
  if (bytes > limit) {
    const shown = path.length > 60 ? `${path.slice(0, 60)}...` : path;
    fail(
      `is ${bytes} bytes long, ${bytes - limit} more than a Unix socket's path may have: ${
        printablePath(shown)
      }`,
      `choose a path of at most ${limit} bytes`,
    );
  }
  return path;
}
