import { hasCode } from "../../errors.ts";
import { requestUnix } from "../../http/mod.ts";
import { fleetSocketPaths, registrySocketCandidates } from "../../platform/mod.ts";
import { RegistryClient } from "../../registry/mod.ts";
import { readSshName } from "../authority.ts";
import type { LinkTerms } from "../protocol.ts";
import { findOfHost } from "./home.ts";

/** A host named by the user, and the fleet's window for one of its paths. */
export interface NamedHost {
  /** The host's name in the editors of this machine. */
  readonly authority: string;
  /** Whether it is this machine. */
  readonly isThisHost: boolean;
  /** The window on another machine to which the path goes, if there is one. */
  readonly window?: {
    readonly kind: "link";
    readonly linkSocket: string;
    readonly step: "fleet";
    readonly folder: string | null;
    readonly host: string;
    readonly authority: string;
    readonly editorName: string;
  };
}

const LINKS_MS = 2000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Finds a host by its name: in the fleet, then among the machines to which this one has links.
 *
 * @param host As in `HOST:PATH`.
 * @param path Absolute, on that host.
 * @param registrySocket The registry that the user named.
 * @returns undefined if no host has the name.
 */
export async function findHost(
  host: string,
  path: string,
  registrySocket: string | undefined,
): Promise<NamedHost | undefined> {
  const sockets = fleetSocketPaths(registrySocketCandidates(registrySocket));
  for (const linkSocket of sockets) {
    const found = await inFleet(linkSocket, host, path);
    if (found !== undefined) return found;
  }
  const links = await linkedMachines(registrySocket);
  const link = links.find(({ destination }) =>
    destination === host || readSshName(destination)?.host === host
  );
  return link && { authority: link.authority, isThisHost: false };
}

async function inFleet(
  linkSocket: string,
  name: string,
  path: string,
): Promise<NamedHost | undefined> {
  const answer = await findOfHost(linkSocket, name, path).catch((error) => {
    // It is in no fleet, or its registry has ended or does not answer; a link may know the host.
    if (hasCode(error, "MESSAGE_UNREAD", "CONNECTION_REFUSED", "SOCKET_MISSING")) return undefined;
    if (hasCode(error, "TIMED_OUT", "CONNECTION_CLOSED")) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const { authority, self, home, window } = answer;
  const isThisHost = self === name;
  if (isThisHost || window === null || home.host === self) return { authority, isThisHost };
  const { name: editorName, folder } = window;
  const where = { linkSocket, step: "fleet", folder, host: home.host, authority } as const;
  return { authority, isThisHost, window: { kind: "link", ...where, editorName } };
}

/** The machines to which the registry has links; none if it does not answer. */
export async function linkedMachines(socket: string | undefined): Promise<readonly LinkTerms[]> {
  const request = { method: "GET", target: "/v1/links", timeoutMs: LINKS_MS };
  try {
    const { socketPath } = new RegistryClient({ socket });
    const answer = await requestUnix(socketPath, { ...request, maxBodyBytes: MAX_ANSWER_BYTES });
    const { links } = answer.json() as { readonly links?: unknown };
    return Array.isArray(links) ? links.filter(isTerms) : [];
  } catch {
    return [];
  }
}

function isTerms(value: unknown): value is LinkTerms {
  const { destination, authority } = (value ?? {}) as Partial<LinkTerms>;
  return typeof destination === "string" && typeof authority === "string";
}
