import { requestUnix } from "../../http/mod.ts";
import { SessionctlError } from "../../errors.ts";
import type { LinkTerms } from "../protocol.ts";
import type { Link } from "../receive/links.ts";

const TIMEOUT_MS = 5000;

/**
 * Asks this machine's registry for the link to another machine, and creates it if necessary.
 *
 * @throws {SessionctlError} `REGISTRY_ERROR` if the registry refuses, or is too old to support
 * links; and the errors of `requestUnix`.
 */
export async function makeLink(registrySocket: string, terms: LinkTerms): Promise<Link> {
  const request = { method: "POST", target: "/v1/links", json: terms, timeoutMs: TIMEOUT_MS };
  const answer = await requestUnix(registrySocket, request);
  const { link, error } = answer.json() as { link?: Link; error?: unknown };
  if (answer.status === 200 && typeof link?.socketPath === "string") return link;
  throw new SessionctlError("REGISTRY_ERROR", `the registry makes no link: ${error}`, {
    hint:
      "if it is of an older version, restart it: sessionctl stop, then sessionctl serve --detach",
  });
}
