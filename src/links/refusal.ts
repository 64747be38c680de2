import { printablePath } from "../platform/mod.ts";

/** The reason why a receiver opens nothing. Scripts of the far side may match on it. */
export type DeliveryRefusalReason =
  /** The sender uses a later version. */
  | "version"
  | "malformed"
  /** A path is relative, too long, or contains `..`. */
  | "path"
  | "too-many"
  /** The sender claims to be another machine than the one that the link was created for. */
  | "authority"
  /** There were too many requests in a short time. */
  | "rate"
  /** No editor here can show the sender's files. */
  | "no-window"
  /** The receiver's configuration does not allow it. */
  | "not-allowed"
  /** The editor here refused, or did not answer. */
  | "editor";

/** Thrown when a receiver refuses a request; nothing was opened then. */
export class DeliveryRefusal extends Error {
  override readonly name = "DeliveryRefusal";

  /** @param message The problem in our own words; text from outside is quoted. */
  constructor(readonly reason: DeliveryRefusalReason, message: string) {
    super(message);
  }
}

const MAX_SHOWN = 60;

/** Text from outside, made safe for a message. */
export function shownText(value: unknown): string {
  const text = typeof value === "string" ? value : typeof value;
  return printablePath(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}
