import type { MainProcess } from "./main_process.ts";

/** As long ago an editor may have answered so that it is told something without another question. */
const KEPT_MS = 1000;

/** Connections whose editor has just answered, by its main socket. */
const kept = new Map<string, { readonly main: MainProcess; readonly timer: number }>();

/**
 * Keeps a connection for a second, for whoever tells the editor something: making and asking again
 * takes longer than all else that `open` does.
 */
export function keepConnection(path: string, main: MainProcess): void {
  takeConnection(path)?.[Symbol.dispose]();
  const timer = Number(setTimeout(() => takeConnection(path)?.[Symbol.dispose](), KEPT_MS));
  // It is no reason for a process to go on.
  Deno.unrefTimer(timer);
  kept.set(path, { main, timer });
}

/** The connection that was kept, if it has not ended; it is the caller's from now on. */
export function takeConnection(path: string): MainProcess | undefined {
  const found = kept.get(path);
  if (found === undefined) return undefined;
  kept.delete(path);
  clearTimeout(found.timer);
  if (!found.main.hasEnded) return found.main;
  found.main[Symbol.dispose]();
  return undefined;
}
