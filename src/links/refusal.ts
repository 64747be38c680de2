import { printablePath } from "../platform/mod.ts";

/** Why a receiver opens nothing. The far side's scripts may match on it. */
export type DeliveryRefusalReason =
  /** The sender speaks a later version. */
  | "version"
  | "malformed"
  /** A path is relative, too long, or leads through `..`. */
  | "path"
  | "too-many"
  /** The sender says it is another machine than the one that the link was made to. */
  | "authority"
  /** Too much was asked for in a short time. */
  | "rate"
  /** No editor here can show the sender's files. */
  | "no-window"
  /** The receiver's configuration does not allow it. */
  | "not-allowed"
  /** The editor here refused, or did not answer. */
  | "editor";

const REASONS: readonly unknown[] = [
  "version",
  "malformed",
  "path",
  "too-many",
  "authority",
  "rate",
  "no-window",
  "not-allowed",
  "editor",
] satisfies DeliveryRefusalReason[];

export function isDeliveryRefusalReason(value: unknown): value is DeliveryRefusalReason {
  return REASONS.includes(value);
}

/** Thrown where a receiver decides against what was asked for; nothing was opened then. */
export class DeliveryRefusal extends Error {
  override readonly name = "DeliveryRefusal";

  /** @param message Says what is wrong, in words of ours: what came from outside is quoted. */
  constructor(readonly reason: DeliveryRefusalReason, message: string) {
    super(message);
  }
}

const MAX_SHOWN = 60;

/** Something that came from outside, as it may stand in a message. */
export function shownText(value: unknown): string {
  const text = typeof value === "string" ? value : typeof value;
  return printablePath(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
}
