/**
 * Globals that newer runtimes have and the oldest Node of an editor (16) lacks. The build replaces
 * the globals of these names only in our own file, because the extension host is shared.
 */
export function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>["resolve"];
  let reject!: PromiseWithResolvers<T>["reject"];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

export const symbolDispose: symbol = Symbol.for("sessionctl.dispose");

/** Reports an error of a listener, which is not the caller's fault. */
export function reportError(error: unknown): void {
  console.error("sessionctl:", error);
}

export { deno } from "./deno.ts";
