/** The ssh process that requested a link. */
export interface AskingSsh {
  /** ssh's arguments; undefined if unknown. */
  readonly words: readonly string[] | undefined;
  /** The time of its start, in the kernel's ticks; undefined if unknown. */
  readonly startedAt: number | undefined;
}

/** Time limit of `ps`, in milliseconds. */
const LIMIT_MS = 2000;

/**
 * Returns the information about an ssh process: on Linux from `/proc`, elsewhere from `ps`, which
 * does not show the limits between arguments, so they are assumed to have no spaces.
 *
 * Source: proc_pid_cmdline(5), proc_pid_stat(5), ps(1).
 */
export async function callerOf(pid: number): Promise<AskingSsh> {
  if (Deno.build.os !== "linux") return { words: await wordsByPs(pid), startedAt: undefined };
  try {
    const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name before the other fields is in parentheses, and may contain some itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { words: argumentsOf(words), startedAt: Number(fields[19]) };
  } catch {
    return { words: undefined, startedAt: undefined };
  }
}

async function wordsByPs(pid: number): Promise<readonly string[] | undefined> {
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-ww", "-o", "args=", "-p", String(pid)],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).output();
    return argumentsOf(new TextDecoder().decode(stdout).trim().split(/\s+/));
  } catch {
    return undefined;
  }
}

/** Returns undefined for another program that reads ssh's settings. */
function argumentsOf([program = "", ...words]: readonly string[]): readonly string[] | undefined {
  return /(?:^|\/)-?ssh$/.test(program) ? words : undefined;
}
