/**
 * The keys of a fleet. The engine's roles let each host write only `host/HOST/` and
 * `from/HOST/` of its own name, so the name in a key authenticates the host that wrote it.
 *
 * ```text
 * /sessionctl/v1/PERSON/host/HOST/meta           no lease: version, when it was last live
 * /sessionctl/v1/PERSON/host/HOST/live           lease of 10 s: the id of this start of the registry
 * /sessionctl/v1/PERSON/host/HOST/window/ID      the same lease
 * /sessionctl/v1/PERSON/from/HOST/to/HOST2/ID    a request, under a lease of the sender
 * /sessionctl/v1/PERSON/from/HOST2/claim/HOST/ID the receiver takes the request
 * /sessionctl/v1/PERSON/from/HOST2/re/HOST/ID    the receiver's answer
 * ```
 */
import { SessionctlError } from "../errors.ts";

/** The meaning of a key. */
export type FleetKey =
  | { readonly kind: "meta" | "live"; readonly host: string }
  | { readonly kind: "window"; readonly host: string; readonly id: string }
  | DeliveryKey;

/** A key of a delivery: `host` wrote it, and `peer` is the other host. */
export interface DeliveryKey {
  readonly kind: "to" | "claim" | "re";
  readonly host: string;
  readonly peer: string;
  readonly id: string;
}

const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The keys of one person's fleet. */
export class FleetKeys {
  /** The prefix of all of them. */
  readonly prefix: string;

  /**
   * @param person The person who owns the fleet.
   * @throws {SessionctlError} `INVALID_ARGUMENT` if it cannot be a name in a key.
   */
  constructor(readonly person: string) {
    checkFleetName(person, "the fleet's person");
    this.prefix = `/sessionctl/v1/${person}/`;
  }

  /** The prefix of a host's own keys. */
  host(host: string): string {
    return `${this.prefix}host/${host}/`;
  }

  /** The prefix of all requests and answers of a host. */
  from(host: string): string {
    return `${this.prefix}from/${host}/`;
  }

  meta(host: string): string {
    return `${this.host(host)}meta`;
  }

  live(host: string): string {
    return `${this.host(host)}live`;
  }

  window(host: string, id: string): string {
    return `${this.host(host)}window/${id}`;
  }

  delivery({ kind, host, peer, id }: DeliveryKey): string {
    return `${this.from(host)}${kind}/${peer}/${id}`;
  }

  /** The prefix of all keys that the writer of `key` may write in its area. */
  areaOf(key: string): string {
    return key.slice(0, key.indexOf("/", key.indexOf("/", this.prefix.length) + 1) + 1);
  }

  /** Parses a key; undefined for any other key. */
  read(key: string): FleetKey | undefined {
    if (!key.startsWith(this.prefix)) return undefined;
    const [area, host = "", kind, first = "", second = "", ...rest] = key.slice(this.prefix.length)
      .split("/");
    if (!NAME.test(host) || rest.length > 0) return undefined;
    if (area === "host") {
      if ((kind === "meta" || kind === "live") && first === "") return { kind, host };
      if (kind === "window" && ID.test(first) && second === "") return { kind, host, id: first };
      return undefined;
    }
    const isDelivery = kind === "to" || kind === "claim" || kind === "re";
    if (area !== "from" || !isDelivery || !NAME.test(first) || !ID.test(second)) return undefined;
    return { kind, host, peer: first, id: second };
  }
}

/** Whether `name` can name a host or a person of a fleet. */
export function isFleetName(name: string): boolean {
  return NAME.test(name);
}

/** @throws {SessionctlError} `INVALID_ARGUMENT`, naming `what`. */
export function checkFleetName(name: string, what: string): void {
  if (isFleetName(name)) return;
  throw new SessionctlError(
    "INVALID_ARGUMENT",
    `${what} is not a name: ${JSON.stringify(name)}`,
    { hint: "use letters, digits, dots, hyphens and underscores, 128 at the most" },
  );
}
