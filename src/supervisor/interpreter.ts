/**
 * The kernel does not accept longer first lines either. Source: execve(2), "Interpreter scripts".
 */
const MAX_LINE_BYTES = 256;

/**
 * The interpreter in a script's first line (`#!/usr/bin/node`), if it does not exist.
 *
 * @param path An executable file.
 * @returns undefined if the interpreter exists, or the file is not a script or cannot be read.
 * @example
 * ```ts
 * missingInterpreter("/usr/bin/code-server"); // "/opt/node/bin/node"
 * ```
 */
export function missingInterpreter(path: string): string | undefined {
  const [, interpreter] = /^#![ \t]*(\/[^ \t\n]+)/.exec(beginningOf(path)) ?? [];
  if (interpreter === undefined) return undefined;
  try {
    Deno.statSync(interpreter);
    return undefined;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? interpreter : undefined;
  }
}

function beginningOf(path: string): string {
  try {
    using file = Deno.openSync(path);
    const buffer = new Uint8Array(MAX_LINE_BYTES);
    // With a leading byte order mark, the kernel does not recognize the first line either.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      buffer.subarray(0, file.readSync(buffer) ?? 0),
    );
  } catch {
    return ""; // The file may be executable but not readable; the kernel reports problems.
  }
}
