import { messageOf, SessionctlError } from "../errors.ts";
import { pause } from "./retry.ts";
import type { Directory } from "./directory.ts";
import type { Engine } from "./engine/mod.ts";
import type { DeliveryKey, FleetKeys } from "./keys.ts";
import { MAX_DELIVERY } from "./inbox.ts";
import { objectOf } from "./values.ts";

export interface OutboxOptions {
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly directory: Directory;
  /** This host. */
  readonly host: string;
}

/** A receiver's answer, as far as it is reliable. */
export interface FleetAnswer {
  readonly answer: "accepted" | "refused" | "done";
  readonly window?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** A delivery that was accepted. */
export interface SentDelivery {
  readonly answer: FleetAnswer;
  /** Resolves when the files are closed, if the sender waits for that. */
  readonly done?: Promise<FleetAnswer>;
  /** Removes the request, because the caller no longer waits. */
  end(): void;
}

/** A request's lease lasts longer than its time limit, so that it is withdrawn and not lost. */
const SPARE_S = 5;
const KEEP_ALIVE_MS = 2000;
/** Time limit for a receiver to open a claimed request, in milliseconds. */
const CLAIMED_MS = 15_000;

/** Sends deliveries to other hosts. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #ending = new AbortController();
  readonly #sent = new Set<Sending>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Sends a delivery, and waits until it is accepted.
   *
   * @param to The receiving host.
   * @param limitMs Time limit for the receiver to claim it, in milliseconds.
   * @param owner The host to which the files belong, if it is another one.
   * @throws {SessionctlError} `NOT_FOUND` if the host is away; `TIMED_OUT` if it did not claim the
   * request, which is then withdrawn and never opened; `FLEET_UNAVAILABLE` if the engine does not
   * answer (the message says whether anything may have been opened); `PEER_GONE` if the host went
   * away after it had claimed the request.
   */
  async send(
    to: string,
    delivery: { readonly wait?: boolean },
    limitMs: number,
    owner?: string,
  ): Promise<SentDelivery> {
    const { directory } = this.#options;
    if (!directory.isLive(to)) {
      throw new SessionctlError("NOT_FOUND", `the host ${to} is away`, {
        hint: "sessionctl list --fleet shows the hosts",
      });
    }
    const value = JSON.stringify(owner === undefined ? delivery : { owner, delivery });
    if (value.length > MAX_DELIVERY) {
      throw new SessionctlError("MESSAGE_TOO_LARGE", "the delivery is too long for the fleet");
    }
    const sending = new Sending(this.#options, to, this.#ending.signal);
    this.#sent.add(sending);
    const end = () => {
      this.#sent.delete(sending);
      sending.end();
    };
    try {
      const answer = await sending.send(value, limitMs);
      if (answer.answer !== "accepted" || delivery.wait !== true) {
        end();
        return { answer, end };
      }
      return { answer, done: sending.untilDone().finally(end), end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Removes all requests. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#sent].map((sending) => sending.end()));
  }
}

/** One request, from its key to the end of its lease. */
class Sending {
  readonly #options: OutboxOptions;
  readonly #request: DeliveryKey;
  readonly #boot: string | undefined;
  readonly #unsubscribe: () => void;
  readonly #own = new AbortController();
  readonly #signal: AbortSignal;
  #lease?: string;
  #isClaimed = false;
  #answer?: FleetAnswer;
  #changed = Promise.withResolvers<void>();

  constructor(options: OutboxOptions, to: string, signal: AbortSignal) {
    this.#options = options;
    this.#signal = AbortSignal.any([signal, this.#own.signal]);
    const id = crypto.randomUUID();
    this.#request = { kind: "to", host: options.host, peer: to, id };
    this.#boot = options.directory.host(to)?.live?.boot;
    const offDelivery = options.directory.onDelivery((key, value) => this.#see(key, value));
    const offHost = options.directory.onHost(({ name }) => {
      if (name === to) this.#changed.resolve();
    });
    this.#unsubscribe = () => {
      offDelivery();
      offHost();
    };
  }

  #see({ kind, host, peer, id }: DeliveryKey, value: string | undefined): void {
    const { host: self, peer: to, id: own } = this.#request;
    if (host !== to || peer !== self || id !== own || value === undefined) return;
    this.#isClaimed = true;
    if (kind === "re") this.#answer = readAnswer(value);
    this.#changed.resolve();
  }

  async send(value: string, limitMs: number): Promise<FleetAnswer> {
    const { engine, keys } = this.#options;
    const started = performance.now();
    this.#lease = await engine.grant(Math.ceil(limitMs / 1000) + SPARE_S);
    const key = keys.delivery(this.#request);
    try {
      await engine.put(key, value, this.#lease);
    } catch (error) {
      // The engine may have written it anyway.
      await this.#withdraw(error);
    }
    const left = () => limitMs - (performance.now() - started);
    await this.#until(() => this.#isClaimed, left());
    if (!this.#isClaimed) await this.#withdraw(undefined);
    if (this.#answer === undefined) await this.#until(() => this.#answer !== undefined, CLAIMED_MS);
    return this.#answer ?? this.#throwUnanswered();
  }

  /** Waits until the files are closed, and keeps the lease alive until then. */
  async untilDone(): Promise<FleetAnswer> {
    const { engine } = this.#options;
    let failedAt: number | undefined;
    while (!this.#signal.aborted) {
      if (this.#answer !== undefined && this.#answer.answer !== "accepted") return this.#answer;
      this.#checkPeer();
      await this.#until(() => this.#answer?.answer !== "accepted", KEEP_ALIVE_MS);
      try {
        if (!await engine.keepAlive(this.#lease!)) this.#throwUnanswered();
        failedAt = undefined;
      } catch (error) {
        if ((error as SessionctlError).code !== "FLEET_UNAVAILABLE") throw error;
        failedAt ??= performance.now();
        // The lease has ended by now, and the receiver does not wait for it.
        if (performance.now() - failedAt > SPARE_S * 1000) throw error;
      }
    }
    throw new SessionctlError("CANCELLED", "the registry ends");
  }

  /**
   * Withdraws the request, unless it was claimed meanwhile.
   *
   * @throws {SessionctlError} unless it was claimed.
   */
  async #withdraw(cause: unknown): Promise<void> {
    const { engine, keys } = this.#options;
    const { peer } = this.#request;
    const request = keys.delivery(this.#request);
    const claim = keys.delivery({
      ...this.#request,
      kind: "claim",
      host: peer,
      peer: this.#request.host,
    });
    let isWithdrawn: boolean;
    try {
      isWithdrawn = await engine.transact([{ key: claim, exists: false }], [{ remove: request }]);
    } catch (error) {
      throw new SessionctlError(
        "FLEET_UNAVAILABLE",
        `the fleet's engine went away before ${peer} answered; it may still open the files within ` +
          `${SPARE_S} s (${messageOf(error)})`,
        { cause: error },
      );
    }
    if (!isWithdrawn) this.#isClaimed = true;
    else if (cause !== undefined) throw cause;
    else throw new SessionctlError("TIMED_OUT", `the host ${peer} did not answer in time`);
  }

  async #until(condition: () => boolean, ms: number): Promise<void> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), Math.max(ms, 0));
    const signal = AbortSignal.any([this.#signal, limit.signal]);
    try {
      while (!condition() && !signal.aborted && this.#isPeerThere()) {
        this.#changed = Promise.withResolvers();
        const ended = new AbortController();
        await Promise.race([
          this.#changed.promise,
          pause(ms, AbortSignal.any([signal, ended.signal])),
        ]);
        ended.abort();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** A restarted registry of the peer does not know this request. */
  #isPeerThere(): boolean {
    return this.#options.directory.host(this.#request.peer)?.live?.boot === this.#boot;
  }

  #checkPeer(): void {
    const { peer } = this.#request;
    if (this.#isPeerThere()) return;
    throw new SessionctlError("PEER_GONE", `the host ${peer} went away`);
  }

  #throwUnanswered(): never {
    const { peer } = this.#request;
    this.#checkPeer();
    throw new SessionctlError(
      "PEER_GONE",
      `the host ${peer} took the files and did not say whether it opened them`,
    );
  }

  /** Removes the request with its lease. */
  async end(): Promise<void> {
    this.#own.abort();
    this.#unsubscribe();
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    await this.#options.engine.revoke(lease).catch(() => {
      // The lease ends by itself.
    });
  }
}

function readAnswer(text: string): FleetAnswer {
  const { answer, window, reason, message } = objectOf(text) ?? {};
  const short = (value: unknown) => typeof value === "string" ? value.slice(0, 500) : undefined;
  const isAnswer = answer === "accepted" || answer === "refused" || answer === "done";
  return {
    answer: isAnswer ? answer : "refused",
    window: short(window),
    reason: short(reason),
    message: short(message) ?? (isAnswer ? undefined : "the host sent an invalid answer"),
  };
}
