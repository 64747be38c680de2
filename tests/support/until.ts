/** Longest pause of {@linkcode until} in milliseconds, however long a check takes. */
const LONGEST_PAUSE_MS = 500;

/**
 * Waits until `condition` holds, checking every `pauseMs` milliseconds, or more rarely if a check
 * takes longer: one that starts a process would otherwise take the CPU time that its event needs.
 * Fails with `what` after `limitMs` milliseconds. Use it only where there is no event to await.
 */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
  pauseMs = 5,
): Promise<void> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const started = Date.now();
    if (await condition()) return;
    if (Date.now() > limit) {
      throw new Error(`this never came true: ${typeof what === "string" ? what : what()}`);
    }
    const pause = Math.max(pauseMs, Math.min(2 * (Date.now() - started), LONGEST_PAUSE_MS));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
