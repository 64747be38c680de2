/** Functions of Windows that the runtime does not offer, for the commands that need them. */

/** Source: `GetStdHandle`; standard input, output and error. */
const STANDARD_HANDLES = [-10, -11, -12];
/** Source: `SetHandleInformation`. */
const HANDLE_FLAG_INHERIT = 1;

/**
 * Keeps processes started from now on from inheriting the standard handles of this process. A
 * reader that reads our output to its end would wait for those processes, too.
 */
export function keepStandardHandles(): void {
  const library = Deno.dlopen("kernel32.dll", {
    GetStdHandle: { parameters: ["i32"], result: "pointer" },
    SetHandleInformation: { parameters: ["pointer", "u32", "u32"], result: "i32" },
  });
  for (const id of STANDARD_HANDLES) {
    library.symbols.SetHandleInformation(library.symbols.GetStdHandle(id), HANDLE_FLAG_INHERIT, 0);
  }
  library.close();
}
