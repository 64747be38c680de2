/** Longer first lines the kernel does not take either. Source: execve(2), "Interpreter scripts". */
const MAX_LINE_BYTES = 256;

/**
 * The program that a script's first line (`#!/usr/bin/node`) says it is run by, if that is
 * not there.
 *
 * @param path An executable file.
 * @returns undefined when there is nothing to miss: it is no script, or cannot be read.
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
    // With a byte order mark ahead of it, the kernel knows no first line either.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      buffer.subarray(0, file.readSync(buffer) ?? 0),
    );
  } catch {
    return ""; // It may be executed and not be read; the kernel knows.
  }
}
