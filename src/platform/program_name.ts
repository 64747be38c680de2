/**
 * The name by which this program was called (`argv[0]`): a path, or a name found on `PATH`.
 *
 * On Linux it is read from the kernel, because the first use of the global `process` takes Deno
 * 2.9.6 14 ms, half of the whole start.
 */
export function programName(): string {
  if (Deno.build.os === "linux") {
    try {
      const [name] = Deno.readTextFileSync("/proc/self/cmdline").split("\0", 1);
      if (name) return name;
    } catch {
      // There is no /proc here, as in some containers.
    }
  }
  // The global, because importing node:process costs each start half a millisecond.
  // deno-lint-ignore no-process-global
  return process.argv0;
}
