import { isFleetName } from "./keys.ts";

/**
 * A delivery of files that belong to another host than the sender. The delivery is inside, so that
 * a receiver that does not know owners refuses it, and does not take the files for the sender's.
 */
export interface OwnedDelivery {
  readonly owner: string;
  /** As the sender says it; `readDelivery` checks it. */
  readonly delivery: unknown;
}

/** The host that a request names as the owner of its files; undefined if it names none. */
export function ownerIn(body: unknown): string | undefined {
  const { owner } = (body ?? {}) as Partial<OwnedDelivery>;
  return typeof owner === "string" && isFleetName(owner) ? owner : undefined;
}
