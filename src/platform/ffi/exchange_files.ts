/**
 * Exchanges two files' names in one step. Like `libc.ts`, this is only loaded by the long-running
 * commands that need it.
 */
const linux = Deno.build.os === "linux";
const AT_FDCWD = -100;
/** Linux `<linux/fs.h>`, RENAME_EXCHANGE; macOS `<sys/stdio.h>`, RENAME_SWAP: both 2. */
const EXCHANGE = 2;

type Exchange = (a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>) => number;

let loaded: Exchange | null | undefined;

/** @returns null if the system's library does not have the function (it came with glibc 2.28). */
function load(): Exchange | null {
  try {
    if (linux) {
      const { renameat2 } = Deno.dlopen("libc.so.6", {
        renameat2: { parameters: ["i32", "buffer", "i32", "buffer", "u32"], result: "i32" },
      }).symbols;
      return (a, b) => renameat2(AT_FDCWD, a, AT_FDCWD, b, EXCHANGE);
    }
    const { renamex_np } = Deno.dlopen("libSystem.B.dylib", {
      renamex_np: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
    }).symbols;
    return (a, b) => renamex_np(a, b, EXCHANGE);
  } catch {
    return null;
  }
}

/**
 * Exchanges the names of two files in one directory. Both names exist at every moment, and the file
 * that is at `b` at that moment is at `a` afterwards.
 *
 * Where the file system or the system cannot do that, `b` gets a second name first, and a
 * replacement of `b` in between is not noticed.
 *
 * Source: rename(2), RENAME_EXCHANGE; macOS renamex_np(2).
 *
 * @throws the file system's errors, such as `NotFound`.
 */
export function exchangeFiles(a: string, b: string): void {
  loaded ??= load();
  const bytes = (path: string) => new TextEncoder().encode(`${path}\0`);
  if (loaded !== null && loaded(bytes(a), bytes(b)) === 0) return;
  const between = `${a}~`;
  Deno.linkSync(b, between);
  Deno.renameSync(a, b);
  Deno.renameSync(between, a);
}
