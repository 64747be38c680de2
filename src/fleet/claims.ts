import { hasCode } from "../errors.ts";
import { LEASE_S } from "./publisher.ts";
import { pause } from "./retry.ts";
import type { Engine } from "./engine/mod.ts";
import type { DeliveryKey, FleetKeys } from "./keys.ts";

/** A claim outlives its request, even if the receiver ends: opened items stay claimed. */
const CLAIM_S = 30 * LEASE_S;
/** Interval of renewing the claims' lease, in milliseconds. */
export const RENEWAL_MS = CLAIM_S * 1000 / 5;
const RETRY_MS = 500;

/**
 * The claims of a receiver. A request is either claimed by its receiver or withdrawn by its sender:
 * each is a transaction that requires the absence of the other, so both never happen.
 */
export class Claims {
  readonly #engine: Engine;
  readonly #keys: FleetKeys;
  readonly #signal: AbortSignal;
  #lease?: { readonly id: string; renewedAt: number };

  /** @param signal Ends attempts in progress. */
  constructor(engine: Engine, keys: FleetKeys, signal: AbortSignal) {
    this.#engine = engine;
    this.#keys = keys;
    this.#signal = signal;
  }

  /**
   * Claims a request. While it is unknown whether the claim was made, this asks again.
   *
   * @param isWanted Whether the request still exists, as far as is known.
   * @returns Whether it may be opened.
   */
  async claim(request: DeliveryKey, isWanted: () => boolean): Promise<boolean> {
    const key = this.#keys.delivery(claimOf(request));
    const mark = crypto.randomUUID();
    while (!this.#signal.aborted && isWanted()) {
      try {
        const lease = await this.#leaseId();
        const conditions = [
          { key: this.#keys.delivery(request), exists: true },
          { key, exists: false },
        ];
        if (await this.#engine.transact(conditions, [{ put: key, value: mark, lease }])) {
          return true;
        }
        // The answer to an earlier attempt may have been lost, although the attempt succeeded.
        return await this.#engine.get(key) === mark;
      } catch (error) {
        if (hasCode(error, "NOT_ALLOWED")) throw error;
        if (hasCode(error, "REMOTE_ERROR")) this.#lease = undefined;
        await pause(RETRY_MS, this.#signal);
      }
    }
    return false;
  }

  /** Writes the answer to a claimed request. */
  async answer(request: DeliveryKey, value: unknown): Promise<void> {
    const key = this.#keys.delivery({ ...claimOf(request), kind: "re" });
    await this.#engine.put(key, JSON.stringify(value), await this.#leaseId());
  }

  /** Removes the claim and the answer, because the sender has removed its request. */
  async forget(request: DeliveryKey): Promise<void> {
    const claim = claimOf(request);
    const keys = [claim, { ...claim, kind: "re" as const }].map((key) => this.#keys.delivery(key));
    await this.#engine.transact([], keys.map((remove) => ({ remove })));
  }

  /**
   * Keeps the claims as long as there are requests, because one that waits for its files may wait
   * long.
   */
  async renew(): Promise<void> {
    if (this.#lease !== undefined) await this.#leaseId();
  }

  async #leaseId(): Promise<string> {
    const now = Date.now();
    if (this.#lease !== undefined) {
      if (now - this.#lease.renewedAt < RENEWAL_MS / 2) return this.#lease.id;
      if (await this.#engine.keepAlive(this.#lease.id)) {
        this.#lease.renewedAt = now;
        return this.#lease.id;
      }
    }
    this.#lease = { id: await this.#engine.grant(CLAIM_S), renewedAt: now };
    return this.#lease.id;
  }
}

/** The key of the claim to a request. */
function claimOf({ host, peer, id }: DeliveryKey): DeliveryKey {
  return { kind: "claim", host: peer, peer: host, id };
}
