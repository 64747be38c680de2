/**
 * What passes between the two ends of a link: HTTP requests with JSON over the forwarded socket.
 * docs/protocols.md describes each.
 */
import type { Delivery } from "./delivery.ts";
import type { DeliveryRefusalReason } from "./refusal.ts";

/** How a link was made; what its far end says changes nothing of it. */
export interface LinkTerms {
  /** The machine as the person named it to ssh. */
  readonly destination: string;
  /** By which the editors here know that machine. */
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
  /** By which the editors here know the asking machine. */
  readonly authority: string;
  /** The window that would get the path; null if there is none. */
  readonly window: {
    readonly name: string;
    /** The folder of the window that holds the path; null if none does. */
    readonly folder: string | null;
  } | null;
}

/** The answer of the fleet to a question about a path of another host. */
export interface HostAnswer extends FindAnswer {
  /** This machine's name in the fleet. */
  readonly self: string;
}

/** The answer to a delivery, or to a question about one that waits. */
export type DeliveryAnswer =
  | {
    readonly answer: "accepted";
    /** The window, as people know it. */
    readonly window: string;
    /** To ask by when the files were closed. */
    readonly wait?: string;
  }
  /** The files are still open. */
  | { readonly answer: "open" }
  /** The files were closed. */
  | { readonly answer: "done" };

/** A delivery as `watch` and the log tell of it. */
export interface ReceivedDelivery extends Pick<Delivery, "mode" | "items"> {
  /** The machine as the person named it to ssh. */
  readonly link: string;
  /** Whom the sender says it is; null when that could not be read. */
  readonly from: Delivery["from"] | null;
  /** What was asked for, if it is no delivery: `browse URL`, or `clipboard`. */
  readonly request?: string;
  /** The window or the program that got it. */
  readonly window?: string;
  /** Why nothing was opened. */
  readonly refused?: string;
  /** The number of items, where `items` has only the first of them. */
  readonly itemCount?: number;
}

/** The answer to `GET /v1/deliveries` on the registry's socket. */
export interface FeedAnswer {
  readonly deliveries: readonly ReceivedDelivery[];
  /** The number to ask for later deliveries with. */
  readonly next: number;
}
