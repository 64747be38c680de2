import { STATUS_CODE } from "@std/http/status";
import { type HttpReply, type HttpRequest, jsonReply } from "../../http/server/mod.ts";
import type { FeedAnswer, ReceivedDelivery } from "../protocol.ts";

/** The number of deliveries that are kept for followers. */
const MAX_KEPT = 100;
/** The number of items of each delivery that are kept. */
const MAX_ITEMS = 20;
/** The maximum time that a question waits for a delivery, in milliseconds. */
const MAX_POLL_MS = 30_000;

/** The deliveries that arrived last, for `watch`: `GET /v1/deliveries?after=N&ms=20000`. */
export class DeliveryFeed {
  readonly #kept: ReceivedDelivery[] = [];
  #next = 0;
  #arrival = Promise.withResolvers<void>();

  add(delivery: ReceivedDelivery): void {
    const { items } = delivery;
    this.#kept.push({ ...delivery, items: items.slice(0, MAX_ITEMS), itemCount: items.length });
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    this.#next++;
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  /**
   * Answers with the deliveries after a number, which the previous answer gave as `next`. If there
   * are none, it waits for one. Without a number, it only gives `next`. For a number of an earlier
   * registry, it gives all that are kept.
   */
  async reply({ query }: HttpRequest): Promise<HttpReply> {
    const parameters = new URLSearchParams(query);
    const after = parameters.get("after");
    if (after === null) return this.#answer(this.#next);
    const from = Number(after) > this.#next ? 0 : Number(after) || 0;
    if (from === this.#next) {
      const patience = Promise.withResolvers<void>();
      const ms = Math.min(Number(parameters.get("ms")) || 0, MAX_POLL_MS);
      const timer = setTimeout(patience.resolve, ms);
      await Promise.race([this.#arrival.promise, patience.promise]);
      clearTimeout(timer);
    }
    return this.#answer(from);
  }

  #answer(from: number): HttpReply {
    const count = Math.max(0, this.#next - from);
    const deliveries = count === 0 ? [] : this.#kept.slice(-count);
    const answer: FeedAnswer = { deliveries, next: this.#next };
    return jsonReply(STATUS_CODE.OK, answer);
  }
}
