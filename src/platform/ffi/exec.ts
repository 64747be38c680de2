/**
 * Replaces this process by another program, which keeps its process id, terminal and open files, so
 * that the caller sees only that program. The runtime has no such call.
 */

const library = Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/** Source: signal(7), signal(2). Both numbers are the same on Linux and macOS. */
const SIGPIPE = 13;
const SIG_DFL = 0n;

/**
 * Runs a program in place of this one. The program gets the default reaction to a broken pipe. The
 * runtime ignores a broken pipe; a program that ignored it, too, would keep writing to no reader.
 *
 * Source: execv(3).
 *
 * @param path Absolute.
 * @param args Without the program's name.
 * @returns only if the system refuses, or the C library cannot be loaded.
 */
export function execProgram(path: string, args: readonly string[]): void {
  const symbols = open();
  if (!symbols) return;
  const texts = [path, ...args].map((text) => new TextEncoder().encode(`${text}\0`));
  const pointers = new BigUint64Array(texts.length + 1);
  texts.forEach((text, at) => {
    pointers[at] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
  });
  const before = symbols.signal(SIGPIPE, SIG_DFL);
  symbols.execv(texts[0]!, new Uint8Array(pointers.buffer));
  symbols.signal(SIGPIPE, before);
}

function open() {
  try {
    return Deno.dlopen(library, {
      execv: { parameters: ["buffer", "buffer"], result: "i32" },
      signal: { parameters: ["i32", "usize"], result: "usize" },
    }).symbols;
  } catch {
    return undefined; // Another C library, such as musl.
  }
}
