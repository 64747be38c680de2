import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import {
  authorityOf,
  type DeliveryAnswer,
  DeliveryRefusal,
  type FindAnswer,
  type HostAnswer,
  readDelivery,
  readQuestion,
  shownText,
} from "../links/mod.ts";
import { type DeliveryService, Waits } from "../links/receive/mod.ts";
import { chooseHost } from "./choose.ts";
import type { Directory } from "./directory.ts";
import { type OwnedDelivery, ownerIn } from "./owned_delivery.ts";
import type { FleetAnswer, Outbox, SentDelivery } from "./outbox.ts";

export interface GateOptions {
  /** This host. */
  readonly host: string;
  readonly directory: Directory;
  readonly outbox: Outbox;
  /** The names of hosts in the editors here. */
  authorityOf(host: string): string;
  /** The reason why the engine does not answer; undefined while it does. */
  failure(): string | undefined;
}

/** Time limit for another host to claim a delivery, in milliseconds. */
const CLAIM_MS = 3000;
/** Maximum number of waiting calls, and the silence after which a caller counts as gone. */
const WAITS = { most: 256, forgottenMs: 45_000 };

/**
 * The requests that `open` on this machine sends to the fleet. They are the same as those to the
 * other end of a link, but a link leads to one machine, and this to the one that has the window.
 */
export class Gate implements DeliveryService {
  readonly #options: GateOptions;
  readonly #waits = new Waits(WAITS);

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Names the host that would get a path, and its window. */
  find(body: unknown): FindAnswer {
    const { host, directory } = this.#options;
    const owner = ownerIn(body);
    if (owner !== undefined) return this.#findOfHost(owner, body);
    const { paths } = readQuestion(body);
    this.#checkEngine();
    const choice = chooseHost(directory, host, paths);
    return {
      answer: "found",
      home: { host: choice?.host ?? host },
      authority: authorityOf({ host }),
      window: choice === undefined ? null : { name: choice.name, folder: choice.folder ?? null },
    };
  }

  /**
   * Names the host that would get a path of `owner`. It may be this host; then nothing is sent. A
   * known host is found even while the engine is away.
   */
  #findOfHost(owner: string, body: unknown): HostAnswer {
    const { host, directory, authorityOf } = this.#options;
    const { paths } = readQuestion(body);
    if (owner !== host && directory.host(owner) === undefined) {
      throw new DeliveryRefusal("no-window", `the fleet has no host ${shownText(owner)}`);
    }
    const isAway = this.#options.failure() !== undefined;
    const choice = isAway ? undefined : chooseHost(directory, owner, paths, null);
    return {
      answer: "found",
      home: { host: choice?.host ?? host },
      authority: authorityOf(owner),
      self: host,
      window: choice === undefined ? null : { name: choice.name, folder: choice.folder ?? null },
    };
  }

  /** Sends a delivery to the host that {@link find} names. */
  async deliver(body: unknown): Promise<DeliveryAnswer> {
    const { host, directory, outbox } = this.#options;
    const owner = ownerIn(body);
    const isOwn = owner === undefined || owner === host;
    const delivery = readDelivery(owner === undefined ? body : (body as OwnedDelivery).delivery);
    this.#checkEngine();
    const paths = delivery.items.map(({ path }) => path);
    const choice = chooseHost(directory, isOwn ? host : owner, paths, isOwn ? host : null);
    if (choice === undefined || choice.host === host) {
      const files = printablePath(owner ?? host);
      throw new DeliveryRefusal(
        "no-window",
        `no other host of the fleet can show files of ${files}`,
      );
    }
    if (this.#waits.isFull) {
      throw new DeliveryRefusal("rate", `${WAITS.most} calls wait for files of the fleet already`);
    }
    const sent = await outbox.send(choice.host, delivery, CLAIM_MS, isOwn ? undefined : owner)
      .catch((error) => {
        throw asRefusal(error);
      });
    if (sent.answer.answer === "refused") throw refusalOf(sent.answer, choice.host);
    const window = `${sent.answer.window ?? choice.name} on ${choice.host}`;
    return { answer: "accepted", window, ...sent.done && { wait: this.#await(sent, choice.host) } };
  }

  #await({ done, end }: SentDelivery, host: string): string {
    const closed = done!.then((answer) => {
      if (answer.answer !== "done") throw refusalOf(answer, host);
    });
    return this.#waits.add(closed, end);
  }

  /** Answers like a link's receiver. */
  async wait(id: string, ms: number): Promise<DeliveryAnswer> {
    const state = await this.#waits.ask(id, ms);
    if (state === undefined) {
      throw new DeliveryRefusal("malformed", "there is no wait with this id");
    }
    if (state === "closed") return { answer: "done" };
    if (state === "open") return { answer: "open" };
    throw new DeliveryRefusal("editor", state.failed);
  }

  #checkEngine(): void {
    const failure = this.#options.failure();
    if (failure === undefined) return;
    throw new DeliveryRefusal("no-window", `the fleet's engine does not answer: ${failure}`);
  }

  /** Forgets all waiting callers. */
  close(): void {
    this.#waits.close();
  }
}

/** Nothing was opened if the host did not take the files; then another window may get them. */
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
