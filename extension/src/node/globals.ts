/**
 * What newer runtimes have and the oldest Node of an editor (16) has not. The build puts these in
 * the place of the globals of their names, in our own file only: the extension host is shared.
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

/** An error of a listener, which is no fault of whoever calls it. */
export function reportError(error: unknown): void {
  console.error("sessionctl:", error);
}

export { deno } from "./deno.ts";
