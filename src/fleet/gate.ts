import { STATUS_CODE } from "@std/http/status";
import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import { type HttpReply, type HttpRequest, jsonReply } from "../http/server/mod.ts";
import {
  authorityOf,
  type DeliveryAnswer,
  DeliveryRefusal,
  type FindAnswer,
  readDelivery,
  readPaths,
} from "../links/mod.ts";
import { parseJsonBytes } from "../platform/mod.ts";
import { chooseHost } from "./choose.ts";
import type { Directory } from "./directory.ts";
import type { FleetAnswer, Outbox, SentDelivery } from "./outbox.ts";

export interface GateOptions {
  /** This host. */
  readonly host: string;
  readonly directory: Directory;
  readonly outbox: Outbox;
  /** Why the engine does not answer; undefined while it does. */
  failure(): string | undefined;
}

interface Wait {
  readonly sent: SentDelivery;
  outcome?: FleetAnswer | Error;
  askedAt: number;
}

/** How long another host may take to claim a delivery, in milliseconds. */
const CLAIM_MS = 3000;
const MAX_WAITS = 256;
const MAX_POLL_MS = 30_000;
/** A caller that has not asked for so long, in milliseconds, is gone. */
const FORGOTTEN_MS = 45_000;
const SWEEP_MS = 10_000;

/**
 * What `open` on this machine asks of the fleet. It is asked as the other end of a link is, with
 * the same requests: a link leads to one machine, and this to the one that has the window.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #waits = new Map<string, Wait>();
  #sweeper?: ReturnType<typeof setInterval>;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Answers a request; a refusal is an answer, too. */
  async handle(request: HttpRequest): Promise<HttpReply> {
    try {
      return jsonReply(STATUS_CODE.OK, await this.#answer(request));
    } catch (error) {
      if (!(error instanceof DeliveryRefusal)) throw error;
      const { reason, message } = error;
      return jsonReply(STATUS_CODE.OK, { answer: "refused", reason, message });
    }
  }

  #answer(request: HttpRequest): unknown {
    const { method, path, query } = request;
    if (method === "POST" && path === "/v1/find") return this.#find(bodyOf(request));
    if (method === "POST" && path === "/v1/deliveries") return this.#deliver(bodyOf(request));
    const id = /^\/v1\/deliveries\/([0-9a-f-]{36})$/.exec(path)?.[1];
    if (method === "GET" && id !== undefined) {
      return this.#wait(id, Number(new URLSearchParams(query).get("ms")));
    }
    throw new DeliveryRefusal("malformed", "there is no such request");
  }

  #find(body: unknown): FindAnswer {
    const { host, directory } = this.#options;
    const paths = readPaths(body);
    this.#checkEngine();
    const choice = chooseHost(directory, host, paths);
    return {
      answer: "found",
      home: { host: choice?.host ?? host },
      authority: authorityOf({ host }),
      window: choice === undefined ? null : { name: choice.name, folder: choice.folder ?? null },
    };
  }

  async #deliver(body: unknown): Promise<DeliveryAnswer> {
    const { host, directory, outbox } = this.#options;
    const delivery = readDelivery(body);
    this.#checkEngine();
    const choice = chooseHost(directory, host, delivery.items.map(({ path }) => path));
    if (choice === undefined) {
      throw new DeliveryRefusal("no-window", `no host of the fleet can show files of ${host}`);
    }
    if (this.#waits.size >= MAX_WAITS) {
      throw new DeliveryRefusal("rate", `${MAX_WAITS} calls wait for files of the fleet already`);
    }
    const sent = await outbox.send(choice.host, delivery, CLAIM_MS).catch((error) => {
      throw asRefusal(error);
    });
    if (sent.answer.answer === "refused") throw refusalOf(sent.answer, choice.host);
    const window = `${sent.answer.window ?? choice.name} on ${choice.host}`;
    return { answer: "accepted", window, ...sent.done && { wait: this.#await(sent) } };
  }

  #await(sent: SentDelivery): string {
    const id = crypto.randomUUID();
    const wait: Wait = { sent, askedAt: performance.now() };
    this.#waits.set(id, wait);
    sent.done!.then((answer) => wait.outcome = answer, (error) => wait.outcome = error);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return id;
  }

  async #wait(id: string, ms: number): Promise<DeliveryAnswer> {
    const wait = this.#waits.get(id);
    if (wait === undefined) throw new DeliveryRefusal("malformed", "nobody waits under this id");
    wait.askedAt = performance.now();
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, ms > 0 ? Math.min(ms, MAX_POLL_MS) : 0);
    await Promise.race([wait.sent.done!.catch(() => {}), patience.promise]);
    clearTimeout(timer);
    wait.askedAt = performance.now();
    const { outcome } = wait;
    if (outcome === undefined) return { answer: "open" };
    this.#forget(id, wait);
    if (outcome instanceof Error) throw asRefusal(outcome);
    if (outcome.answer === "done") return { answer: "done" };
    throw refusalOf(outcome, "the host");
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, wait] of this.#waits) {
      if (now - wait.askedAt > FORGOTTEN_MS) this.#forget(id, wait);
    }
  }

  #forget(id: string, { sent }: Wait): void {
    this.#waits.delete(id);
    sent.end();
    if (this.#waits.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #checkEngine(): void {
    const failure = this.#options.failure();
    if (failure === undefined) return;
    throw new DeliveryRefusal("no-window", `the fleet's engine does not answer: ${failure}`);
  }

  /** Forgets everybody who waits. */
  close(): void {
    for (const [id, wait] of this.#waits) this.#forget(id, wait);
  }
}

/** Nothing was opened where the host did not take the files; another window may have them then. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof SessionctlError)) return error;
  const isUntaken = hasCode(error, "NOT_FOUND", "TIMED_OUT", "MESSAGE_TOO_LARGE", "NOT_ALLOWED");
  return new DeliveryRefusal(isUntaken ? "no-window" : "editor", messageOf(error));
}

const REASONS = ["no-window", "not-allowed", "rate", "path", "authority", "too-many"] as const;

function refusalOf({ reason, message = "it refused" }: FleetAnswer, host: string): DeliveryRefusal {
  const known = REASONS.find((each) => each === reason) ?? "editor";
  return new DeliveryRefusal(known, `${host}: ${message}`);
}

function bodyOf({ body }: HttpRequest): unknown {
  try {
    return parseJsonBytes(body);
  } catch {
    throw new DeliveryRefusal("malformed", "the request is not JSON");
  }
}
