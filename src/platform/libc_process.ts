/**
 * System calls for a process that looks after the processes below it, through the
 * runtime's foreign function interface. Only the guard loads this module.
 *
 * Constants: Linux `<linux/prctl.h>`, `<asm-generic/wait.h>`.
 */
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  }).symbols;
}

let loaded: Libc | undefined;
const libc = (): Libc => loaded ??= open();

/**
 * From now on the orphans among our descendants become our children instead of init's.
 * Source: PR_SET_CHILD_SUBREAPER(2const).
 *
 * @returns whether the kernel does that; elsewhere than on Linux it does not.
 */
export function adoptOrphans(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return libc().prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
  } catch {
    return false; // A system with another C library than the usual one.
  }
}

/** Waits for an adopted child that has ended; the runtime waits for those it started itself. */
export function reap(pid: number): void {
  libc().waitpid(pid, new Uint8Array(4), WNOHANG);
}
