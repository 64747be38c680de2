/**
 * System calls for a process that manages the processes below it, through the runtime's foreign
 * function interface. Only the guard, and the code that starts a process in the background, load
 * this module.
 *
 * Constants: Linux `<linux/prctl.h>`, `<asm-generic/wait.h>`, `<asm-generic/fcntl.h>`.
 */
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** The first descriptor after stdin, stdout and stderr. */
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
 * From now on, orphans among our descendants become our children instead of init's.
 * Source: PR_SET_CHILD_SUBREAPER(2const).
 *
 * @returns whether the kernel does that; only Linux does.
 */
export function adoptOrphans(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return libc().prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
  } catch {
    return false; // A system with another C library.
  }
}

/** Reaps an adopted child that has ended; the runtime reaps the children that it started itself. */
export function reap(pid: number): void {
  libc().waitpid(pid, new Uint8Array(4), WNOHANG);
}

/**
 * From now on, processes that we start only inherit their stdin, stdout and stderr. Otherwise,
 * files that our caller had open (flock's lock, a pipe that is read to its end) would stay open as
 * long as a process in the background lives.
 *
 * Source: fcntl(2).
 *
 * @returns whether this worked; on Linux only.
 */
export function inheritNothing(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    for (const { name } of Deno.readDirSync("/proc/self/fd")) {
      const descriptor = Number(name);
      // A descriptor that was closed meanwhile, such as the list's own, is refused.
      if (descriptor >= FIRST_OTHER) libc().fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    return true;
  } catch {
    return false; // A system with another C library.
  }
}
