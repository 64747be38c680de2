import { until } from "../../support/mod.ts";

/** How long a page or a server may take on a slow machine, in milliseconds. */
export const PATIENCE_MS = 90_000;

/** Waits for what neither the page nor a process tells; asks seldom, for asking is work. */
export function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  return until(what, condition, PATIENCE_MS, 200);
}
