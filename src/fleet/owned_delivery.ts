import { isFleetName } from "./keys.ts";

/**
 * A delivery of files that belong to a host other than the sender. The delivery is nested, so that
 * a receiver that does not know owners refuses it, instead of taking the files for the sender's.
 */
export interface OwnedDelivery {
  readonly owner: string;
  /** As sent; `readDelivery` checks it. */
  readonly delivery: unknown;
}

/** The host that a request names as the owner of its files; undefined if it names none. */
export function ownerIn(body: unknown): string | undefined {
  const { owner } = (body ?? {}) as Partial<OwnedDelivery>;
  return typeof owner === "string" && isFleetName(owner) ? owner : undefined;
}
