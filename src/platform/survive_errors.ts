import { messageOf } from "../errors.ts";
import { RepeatedMessages } from "./repeated_messages.ts";

/** Maximum length of a logged message, in characters. */
const MAX_MESSAGE = 300;

/**
 * Keeps this process running after an uncaught error, because an error of one connection must not
 * end the others. For processes that serve many clients.
 *
 * @param log Called with the type, message and place of each error; for errors that recur at one
 *   place, occasionally with their number.
 * @returns a function that stops this.
 */
export function surviveErrors(log: (line: string) => void): Disposable {
  const messages = new RepeatedMessages(log);
  const tell = (error: unknown) => {
    const type = error instanceof Error ? error.name : typeof error;
    const place = placeOf(error);
    const text = `internal error, continuing: ${type}: ${messageOf(error).slice(0, MAX_MESSAGE)}`;
    messages.say(`${type} ${place}`, place === "" ? text : `${text} (${place})`);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    tell(event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    tell(event.error);
  };
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return {
    [Symbol.dispose]() {
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
      messages.flush(true);
    },
  };
}

/** The first line of an error's stack with a position, as `file.ts:12:3`. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? String(error.stack) : "";
  return /([^/\\\s()]+:[0-9]+:[0-9]+)\)?$/m.exec(stack)?.[1] ?? "";
}
