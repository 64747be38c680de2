/**
 * The messages between the two ends of a link: HTTP requests with JSON over the forwarded socket.
 * docs/protocols.md describes each.
 */
import type { Delivery } from "./delivery.ts";
import type { DeliveryRefusalReason } from "./refusal.ts";

/** The terms of a link, which its far end cannot change. */
export interface LinkTerms {
  /** The machine, as the user named it to ssh. */
  readonly destination: string;
  /** The machine's name in the editors here. */
  readonly authority: string;
}

/** A request that was refused; nothing was opened. */
export interface Refused {
  readonly answer: "refused";
  readonly reason: DeliveryRefusalReason;
  readonly message: string;
}

/** The answer to `POST /v1/find`. */
export interface FindAnswer {
  readonly answer: "found";
  /** The machine at this end. */
  readonly home: { readonly host: string; readonly user?: string };
  /** The asking machine's name in the editors here. */
  readonly authority: string;
  /** The window that would get the path; null if there is none. */
  readonly window: {
    readonly name: string;
    /** The folder of the window that holds the path; null if none does. */
    readonly folder: string | null;
  } | null;
}

/** The fleet's answer to a question about a path of another host. */
export interface HostAnswer extends FindAnswer {
  /** This machine's name in the fleet. */
  readonly self: string;
}

/** The answer to a delivery, or to a question about one that waits. */
export type DeliveryAnswer =
  | {
    readonly answer: "accepted";
    /** The name of the window, for users. */
    readonly window: string;
    /** The id by which to ask whether the files were closed. */
    readonly wait?: string;
  }
  /** The files are still open. */
  | { readonly answer: "open" }
  /** The files were closed. */
  | { readonly answer: "done" };

/** A delivery, as `watch` and the log report it. */
export interface ReceivedDelivery extends Pick<Delivery, "mode" | "items"> {
  /** The machine, as the user named it to ssh. */
  readonly link: string;
  /** The sender's name for itself; null if it could not be read. */
  readonly from: Delivery["from"] | null;
  /** The request, if it is not a delivery: `browse URL`, or `clipboard`. */
  readonly request?: string;
  /** The window or the program that got it. */
  readonly window?: string;
  /** The reason why nothing was opened. */
  readonly refused?: string;
  /** The number of items, if `items` only has the first of them. */
  readonly itemCount?: number;
}

/** The answer to `GET /v1/deliveries` on the registry's socket. */
export interface FeedAnswer {
  readonly deliveries: readonly ReceivedDelivery[];
  /** The number for asking for later deliveries. */
  readonly next: number;
}
