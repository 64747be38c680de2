/**
 * Waits until `condition` holds; fails with `what` after `limitMs` milliseconds,
 * asking every `pauseMs`.
 * For what no event tells; where there is an event, await that.
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
