import { join } from "@std/path/posix";
import { messageOf } from "../../errors.ts";
import { fileIdentity, printablePath } from "../../platform/mod.ts";
import { isSameMachine } from "../authority.ts";
import { type Delivery, MAX_ITEMS, readDelivery, readQuestion } from "../delivery.ts";
import type { DeliveryAnswer, FindAnswer, LinkTerms, ReceivedDelivery } from "../protocol.ts";
import { DeliveryRefusal, shownText } from "../refusal.ts";
import { Allowance } from "./allowance.ts";
import type { DeliveryService } from "./answer.ts";
import { openInWindow } from "./open.ts";
import { Waits } from "./waits.ts";
import { THIS_MACHINE } from "../authority.ts";
import { findWindow, type FoundWindow, type WindowSource } from "./windows.ts";

export interface ReceiverOptions {
  readonly windows: WindowSource;
  /** Whether the deliveries are of files of this machine itself. */
  readonly ownFiles?: boolean;
  /** This machine, as described to the far side. */
  readonly home: FindAnswer["home"];
  /**
   * The authorities of machines whose deliveries the linked machine may pass on, by their names
   * there.
   */
  readonly hops?: ReadonlyMap<string, string>;
  /** Finds a window elsewhere, for files of the linked machine that no window here has. */
  findBeyond?(paths: readonly string[]): Promise<FoundWindow | undefined>;
  /** Creates a wait marker, and a function that removes it. */
  makeMarker(): { readonly path: string; remove(): void };
  /** Called with a possible folder for the far end of the next link. */
  onRemoteFolder?(folder: string): void;
  /** Called for every delivery. */
  onDelivery(delivery: ReceivedDelivery): void;
}

/** The costs of a delivery besides its items, and of a new window. */
const DELIVERY_COST = 10;
const NEW_WINDOW_COST = 50;
/** Cost limit of a link at once after a pause (one delivery of any size), and per second. */
const ITEMS = { most: MAX_ITEMS + DELIVERY_COST, perSecond: 10 };
/** Number of questions at once, and per second; each asks this machine's editors. */
const QUESTIONS = { most: 100, perSecond: 20 };
/**
 * Maximum number of files that a sender may wait for, and the silence after which it counts as
 * gone.
 */
const WAITS = { most: 64, forgottenMs: 120_000 };

/**
 * The requests of a linked machine, over the link's socket. The machine is the one that the link
 * was created for, whatever the request claims. docs/links.md describes what a hostile machine can
 * do.
 */
export class Receiver implements DeliveryService {
  readonly #link: LinkTerms;
  readonly #options: ReceiverOptions;
  readonly #items = new Allowance(ITEMS.most, ITEMS.perSecond);
  readonly #questions = new Allowance(QUESTIONS.most, QUESTIONS.perSecond);
  readonly #waits = new Waits(WAITS);

  constructor(link: LinkTerms, options: ReceiverOptions) {
    this.#link = link;
    this.#options = options;
  }

  /**
   * Names the window that would get a path.
   *
   * @throws {DeliveryRefusal} for a malformed question, or beyond the rate limit.
   */
  async find(body: unknown): Promise<FindAnswer> {
    const { paths, via, remoteFolder } = readQuestion(body);
    if (!this.#questions.take(1)) throw tooMuch();
    const authority = this.#authorityOf(via);
    if (remoteFolder !== undefined) this.#options.onRemoteFolder?.(remoteFolder);
    const found = await this.#find(paths, via);
    return {
      answer: "found",
      home: this.#options.home,
      authority,
      window: found === undefined ? null : { name: found.name, folder: found.folder ?? null },
    };
  }

  /**
   * Opens a delivery.
   *
   * @param body The machine's message.
   * @throws {DeliveryRefusal} with the reason why nothing was opened.
   */
  async deliver(body: unknown): Promise<DeliveryAnswer> {
    let delivery: Delivery | undefined;
    let found: FoundWindow | undefined;
    try {
      delivery = readDelivery(body);
      this.#check(delivery);
      const paths = delivery.items.flatMap(({ path, realPath }) =>
        realPath === undefined ? [path] : [path, realPath]
      );
      found = await this.#find(paths, delivery.via);
      if (!found) {
        const machine = printablePath(this.#link.destination);
        throw new DeliveryRefusal(
          "no-window",
          `no editor on ${this.#options.home.host} can show ${machine}`,
        );
      }
      const answer = await this.#open(delivery, found);
      this.#tell(delivery, { window: found.name });
      return answer;
    } catch (error) {
      this.#tell(delivery, { refused: messageOf(error) });
      throw error;
    }
  }

  async #find(
    paths: readonly string[],
    via: string | undefined,
  ): Promise<FoundWindow | undefined> {
    const { windows, ownFiles, findBeyond } = this.#options;
    const authority = ownFiles ? THIS_MACHINE : this.#authorityOf(via);
    const found = await findWindow(authority, paths, windows);
    // A delivery that was passed on goes no further, so that it never goes in a circle.
    if (found?.folder !== undefined || via !== undefined || !findBeyond) return found;
    const beyond = await findBeyond(paths).catch((error) => {
      if (!found) throw error;
    });
    return beyond?.folder !== undefined ? beyond : found ?? (beyond || undefined);
  }

  /**
   * The machine of a message: the linked one, or one behind it that the user has named.
   *
   * @throws {DeliveryRefusal} `not-allowed`.
   */
  #authorityOf(via: string | undefined): string {
    const { destination, authority } = this.#link;
    if (via === undefined) return authority;
    const known = this.#options.hops?.get(via);
    if (known !== undefined) return known;
    const hop = `${printablePath(destination)}/${shownText(via)}`;
    throw new DeliveryRefusal(
      "not-allowed",
      `files of a second machine open only if ${this.#options.home.host} knows its ` +
        `authority: sessionctl serve --link-hop ${hop}=AUTHORITY`,
    );
  }

  /** Checks what the sender may not do, whatever window there is. */
  #check({ authority, via, items, newWindow, wait }: Delivery): void {
    const own = this.#authorityOf(via);
    if (!isSameMachine(authority, own)) {
      throw new DeliveryRefusal("authority", `this link is ${own}'s, not ${authority}'s`);
    }
    const cost = DELIVERY_COST + items.length + (newWindow ? NEW_WINDOW_COST : 0);
    if (!this.#items.take(cost) || (wait && this.#waits.isFull)) throw tooMuch();
  }

  async #open(delivery: Delivery, found: FoundWindow): Promise<DeliveryAnswer> {
    const markers: { remove(): void }[] = [];
    const forget = () => markers.forEach((marker) => marker.remove());
    const marker = () => {
      const made = this.#options.makeMarker();
      markers.push(made);
      return made.path;
    };
    const { allowOwners } = this.#options.windows;
    const options = { allowOwners, marker: delivery.wait ? marker : undefined };
    const opening = openInWindow(delivery, found, options);
    const { closed } = await opening.catch((error) => {
      forget();
      throw error;
    });
    const wait = closed && this.#waits.add(closed, forget);
    return { answer: "accepted", window: found.name, ...wait === undefined ? {} : { wait } };
  }

  /**
   * Answers when the files of a delivery were closed, or after `ms` milliseconds.
   *
   * @param id The `wait` field of the answer to the delivery.
   * @throws {DeliveryRefusal} if there is no wait with this id, or the wait failed.
   */
  async wait(id: string, ms: number): Promise<DeliveryAnswer> {
    const state = await this.#waits.ask(id, ms);
    if (state === undefined) {
      throw new DeliveryRefusal("malformed", "there is no wait with this id");
    }
    if (state === "closed") return { answer: "done" };
    if (state === "open") return { answer: "open" };
    throw new DeliveryRefusal(
      "editor",
      `it is not known when the files were closed: ${state.failed}`,
    );
  }

  #tell(delivery: Delivery | undefined, outcome: { window?: string; refused?: string }): void {
    const { destination } = this.#link;
    const { from, mode = "open", items = [] } = delivery ?? {};
    this.#options.onDelivery({ link: destination, from: from ?? null, mode, items, ...outcome });
  }

  close(): void {
    this.#waits.close();
  }
}

/**
 * Creates wait markers in a folder of this user.
 *
 * @example
 * ```ts
 * const { path, remove } = markersIn("/run/user/1000/sessionctl/links")();
 * ```
 */
export function markersIn(directory: string): ReceiverOptions["makeMarker"] {
  return () => {
    const path = join(directory, `wait-${crypto.randomUUID()}`);
    Deno.writeFileSync(path, new Uint8Array(), { mode: 0o600, createNew: true });
    const remove = () => {
      if (fileIdentity(path) !== undefined) Deno.removeSync(path);
    };
    return { path, remove };
  };
}

function tooMuch(): DeliveryRefusal {
  return new DeliveryRefusal(
    "rate",
    "too much was asked for in a short time; try again in a while",
  );
}
