/**
 * Waits until `condition` holds, checking every `pauseMs`; fails with `what` after `limitMs`
 * milliseconds. Use it only where there is no event to await.
 */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
  pauseMs = 5,
): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > limit) {
      throw new Error(`this never came true: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
