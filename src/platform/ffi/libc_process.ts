/**
 * System calls for a process that looks after the processes below it, through the
 * runtime's foreign function interface. Only the guard, and what starts a process in the
 * background, load this module.
 *
 * Constants: Linux `<linux/prctl.h>`, `<asm-generic/wait.h>`, `<asm-generic/fcntl.h>`.
 */
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** Behind stdin, stdout and stderr. */
const FIRST_OTHER = 3;

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
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

/**
 * From now on nothing that we start inherits more than its stdin, stdout and stderr. What
 * whoever called us had open (the lock that `flock` holds, a pipe that somebody reads to
 * its end) would be held for as long as a process in the background lives.
 *
 * Source: fcntl(2).
 *
 * @returns whether that can be had; on Linux only.
 */
export function inheritNothing(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    for (const { name } of Deno.readDirSync("/proc/self/fd")) {
      const descriptor = Number(name);
      // One that was closed meanwhile, such as the list's own, is refused.
      if (descriptor >= FIRST_OTHER) libc().fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    return true;
  } catch {
    return false; // A system with another C library than the usual one.
  }
}
