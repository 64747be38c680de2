/** The receiving end of links, for `serve` only: it loads the HTTP server. */
import { STATUS_CODE } from "@std/http/status";
import { type HttpRequest, jsonReply } from "../../http/server/mod.ts";
import { parseJsonBytes } from "../../platform/mod.ts";
import { SessionctlError } from "../../errors.ts";
import type { ServerExtras } from "../../registry/mod.ts";
import type { LinkTerms } from "../protocol.ts";
import { pruneLinkSockets } from "../reach/prune.ts";
import { Links, type LinksOptions } from "./links.ts";

export { answerDelivery, type DeliveryService } from "./answer.ts";
export { DeliveryFeed } from "./feed.ts";
export { markersIn, Receiver } from "./receiver.ts";
export { Waits } from "./waits.ts";

/** Interval of checking the far ends of links to this machine, in milliseconds. */
const FAR_ENDS_MS = 60_000;

/** Starts the links of a registry: `GET /v1/links` lists them, `POST` creates one. */
export async function serveLinks(options: LinksOptions): Promise<ServerExtras> {
  const links = await Links.start(options);
  const pruning = setInterval(() => pruneLinkSockets().catch(() => {}), FAR_ENDS_MS);
  const list = () => jsonReply(STATUS_CODE.OK, { links: links.list() });
  const make = async ({ body }: HttpRequest) =>
    jsonReply(STATUS_CODE.OK, { link: await links.make(termsOf(body)) });
  return {
    routes: { "/v1/links": { GET: list, POST: make } },
    // Its ssh connections cannot start a registry.
    get isInUse() {
      return links.size > 0;
    },
    close() {
      clearInterval(pruning);
      return links.close();
    },
  };
}

function termsOf(body: Uint8Array): LinkTerms {
  try {
    const { destination, authority } = parseJsonBytes(body) as LinkTerms;
    return { destination, authority };
  } catch {
    throw new SessionctlError("INVALID_ARGUMENT", "the body must be a JSON object");
  }
}
