/**
 * Replaces this process by another program, which keeps its process id, terminal and open files:
 * whoever called us sees that program alone. The runtime has no such call.
 */

const library = Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/**
 * Runs a program in place of this one.
 *
 * Source: execv(3).
 *
 * @param path Absolute.
 * @param args Without the program's name.
 * @returns only when the system refuses.
 * @throws when there is no such C library.
 */
export function execProgram(path: string, args: readonly string[]): void {
  const { symbols } = Deno.dlopen(library, {
    execv: { parameters: ["buffer", "buffer"], result: "i32" },
  });
  const texts = [path, ...args].map((text) => new TextEncoder().encode(`${text}\0`));
  const pointers = new BigUint64Array(texts.length + 1);
  texts.forEach((text, at) => {
    pointers[at] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
  });
  symbols.execv(texts[0]!, new Uint8Array(pointers.buffer));
}
