/** Loads a group of test files in one isolate. No import map applies here. */
import { UNCAUGHT } from "./report.ts";

type Registration = (...args: unknown[]) => void;

/** The arguments of `Deno.test` with the file in front of the test's name. */
function named(file: string, args: readonly unknown[]): unknown[] {
  const prefix = `${file} => `;
  const at = args.findIndex((arg) => typeof arg === "object");
  const body = args.find((arg) => typeof arg === "function") as { name: string } | undefined;
  if (typeof args[0] === "string") return [`${prefix}${args[0]}`, ...args.slice(1)];
  const options = at < 0 ? {} : args[at] as { name?: string };
  const name = `${prefix}${options.name ?? body?.name ?? ""}`;
  return [{ ...options, name }, ...(body === undefined ? [] : [body])];
}

/** Registers a failed test for an error outside of the tests. */
function registerFailure(error: unknown): void {
  Deno.test(UNCAUGHT, () => {
    throw error;
  });
}

/** Makes errors that nobody catches failed tests; otherwise the files that follow would not load. */
function onUncaught(event: Event): void {
  event.preventDefault();
  registerFailure(
    event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason,
  );
}

/**
 * Loads test files, whose tests then have the file in front of their names. Only generated modules
 * call this.
 *
 * @param root The URL of the project's folder, with a slash at its end.
 * @param files The files, relative to it.
 */
export async function loadGroup(root: string, files: readonly string[]): Promise<void> {
  const original = Deno.test;
  let file = "";
  const renaming = (register: unknown): Registration => (...args) =>
    (register as Registration)(...named(file, args));
  Object.assign(Deno, {
    test: Object.assign(renaming(original), original, {
      ignore: renaming(original.ignore),
      only: renaming(original.only),
    }),
  });
  const events = ["error", "unhandledrejection"];
  for (const event of events) addEventListener(event, onUncaught);
  for (file of files) await import(new URL(file, root).href).catch(registerFailure);
  for (const event of events) removeEventListener(event, onUncaught);
}
