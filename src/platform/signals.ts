/**
 * Calls `handler` at each of the signals; gives a function that stops that.
 * Signals the platform does not have are left out.
 */
export function onSignals(
  signals: readonly Deno.Signal[],
  handler: (signal: Deno.Signal) => void,
): () => void {
  const listeners: [Deno.Signal, () => void][] = [];
  for (const signal of signals) {
    const listener = () => handler(signal);
    try {
      Deno.addSignalListener(signal, listener);
      listeners.push([signal, listener]);
    } catch (error) {
      // Windows knows SIGINT and SIGBREAK only.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return () => {
    for (const [signal, listener] of listeners) {
      Deno.removeSignalListener(signal, listener);
    }
  };
}
