import { messageOf } from "../errors.ts";
import { type DeliveryAnswer, DeliveryRefusal } from "../links/mod.ts";
import { Claims, RENEWAL_MS } from "./claims.ts";
import type { Directory } from "./directory.ts";
import type { Engine } from "./engine/mod.ts";
import type { DeliveryKey, FleetKeys } from "./keys.ts";
import { objectOf } from "./values.ts";

/** The receiver of one host's deliveries, such as a link's receiver. */
export interface DeliveryReceiver {
  /** @throws {DeliveryRefusal} with the reason why nothing was opened. */
  deliver(body: unknown): Promise<DeliveryAnswer>;
  wait(id: string, ms: number): Promise<DeliveryAnswer>;
}

export interface InboxOptions {
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly directory: Directory;
  /** This host. */
  readonly host: string;
  /** Returns the receiver for a host's deliveries. */
  receiverOf(host: string): DeliveryReceiver;
  log(message: string): void;
}

/** Maximum length of a delivery in characters: the engine accepts requests up to 1.5 MB. */
export const MAX_DELIVERY = 1024 * 1024;
/** Maximum number of requests in progress, of one sender and of all; further ones get no answer. */
const MAX_OF_SENDER = 64;
const MAX_UNDER_WAY = 1024;
const POLL_MS = 20_000;

/** Receives deliveries: claims each, has it opened, and answers. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #ending = new AbortController();
  readonly #claims: Claims;
  /** The existing requests that were seen, by their keys. */
  readonly #seen = new Map<string, Promise<void>>();
  readonly #countOf = new Map<string, number>();
  readonly #unsubscribe: () => void;
  readonly #renewing: ReturnType<typeof setInterval>;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#claims = new Claims(options.engine, options.keys, this.#ending.signal);
    this.#renewing = setInterval(() => {
      if (this.#seen.size > 0) this.#claims.renew().catch(() => {}); // It is tried again.
    }, RENEWAL_MS);
    this.#unsubscribe = options.directory.onDelivery((key, value) => this.#see(key, value));
  }

  #see(request: DeliveryKey, value: string | undefined): void {
    const { host, keys, log } = this.#options;
    if (request.kind !== "to" || request.peer !== host) return;
    const key = keys.delivery(request);
    if (value === undefined) {
      const underWay = this.#seen.get(key);
      if (this.#seen.delete(key)) this.#count(request.host, -1);
      underWay?.then(() => this.#claims.forget(request)).catch(() => {
        // The claim's lease removes the rest.
      });
      return;
    }
    const isFull = (this.#countOf.get(request.host) ?? 0) >= MAX_OF_SENDER;
    if (this.#seen.has(key) || isFull || this.#seen.size >= MAX_UNDER_WAY) return;
    this.#count(request.host, 1);
    // It must be seen before it is claimed, unlike a request that was removed meanwhile.
    this.#seen.set(key, Promise.resolve());
    const task = this.#take(request, value).catch((error) => {
      log(`a delivery from ${request.host}: ${messageOf(error)}`);
    });
    this.#seen.set(key, task);
  }

  #count(sender: string, change: number): void {
    const count = (this.#countOf.get(sender) ?? 0) + change;
    if (count === 0) this.#countOf.delete(sender);
    else this.#countOf.set(sender, count);
  }

  async #take(request: DeliveryKey, value: string): Promise<void> {
    const { keys, receiverOf } = this.#options;
    const key = keys.delivery(request);
    if (!await this.#claims.claim(request, () => this.#seen.has(key))) return;
    const receiver = receiverOf(request.host);
    let answer: DeliveryAnswer;
    try {
      answer = await receiver.deliver(bodyOf(value));
    } catch (error) {
      await this.#claims.answer(request, refusalOf(error));
      return;
    }
    await this.#claims.answer(request, answer);
    if (answer.answer !== "accepted" || answer.wait === undefined) return;
    await this.#claims.answer(request, await this.#untilClosed(key, receiver, answer.wait));
  }

  /** Waits until the files are closed, or the sender removes its request. */
  async #untilClosed(key: string, receiver: DeliveryReceiver, wait: string): Promise<unknown> {
    try {
      while (this.#seen.has(key) && !this.#ending.signal.aborted) {
        const answer = await receiver.wait(wait, POLL_MS);
        if (answer.answer === "done") return answer;
      }
    } catch (error) {
      return refusalOf(error);
    }
    return { answer: "refused", reason: "editor", message: "the receiver has ended" };
  }

  /** Accepts no more requests. */
  close(): void {
    this.#ending.abort();
    clearInterval(this.#renewing);
    this.#unsubscribe();
  }
}

function bodyOf(value: string): unknown {
  return value.length > MAX_DELIVERY ? undefined : objectOf(value, MAX_DELIVERY);
}

function refusalOf(error: unknown): unknown {
  const reason = error instanceof DeliveryRefusal ? error.reason : "editor";
  return { answer: "refused", reason, message: messageOf(error) };
}
