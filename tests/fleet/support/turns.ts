/**
 * Measures the longest turn of this thread's event loop while `work` is in progress, in
 * milliseconds of processor time, so other processes have little effect. Linux only.
 */
export async function longestTurn(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = processorMs();
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
    timer = setTimeout(tick, 0);
  };
  tick();
  try {
    await work();
  } finally {
    clearTimeout(timer!);
  }
  return longest;
}

/** Processor time of this thread, in milliseconds. */
function processorMs(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}
