import type { MainProcess } from "./main_process.ts";

/**
 * Maximum age in milliseconds of an answer after which an editor gets a message without another
 * question.
 */
const KEPT_MS = 1000;

/** Connections to editors that have just answered, by main socket. */
const kept = new Map<string, { readonly main: MainProcess; readonly timer: number }>();

/**
 * Keeps a connection for a second for a following message: connecting and asking again takes longer
 * than everything else in `open`.
 */
export function keepConnection(path: string, main: MainProcess): void {
  takeConnection(path)?.[Symbol.dispose]();
  const timer = Number(setTimeout(() => takeConnection(path)?.[Symbol.dispose](), KEPT_MS));
  // The timer does not keep the process alive.
  Deno.unrefTimer(timer);
  kept.set(path, { main, timer });
}

/** Returns the kept connection, if it has not ended; it belongs to the caller from then on. */
export function takeConnection(path: string): MainProcess | undefined {
  const found = kept.get(path);
  if (found === undefined) return undefined;
  kept.delete(path);
  clearTimeout(found.timer);
  if (!found.main.hasEnded) return found.main;
  found.main[Symbol.dispose]();
  return undefined;
}
