import { until } from "../../support/mod.ts";

/** Maximum time in milliseconds that a page or a server may take on a slow machine. */
export const PATIENCE_MS = 90_000;

/**
 * Waits for changes that neither the page nor a process reports; polls rarely, because polling is
 * work.
 */
export function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  return until(what, condition, PATIENCE_MS, 200);
}
