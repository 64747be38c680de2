import { requestUnix } from "../../http/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import { linkFolder, printableText } from "../../platform/mod.ts";
import { type Delivery, VIA_VERSION } from "../delivery.ts";
import type { DeliveryAnswer, FindAnswer, HostAnswer, Refused } from "../protocol.ts";

/** Time limit for the machine at the other end to find a window, in milliseconds. */
const FIND_MS = 2000;
/** Time limits for it to start reading a delivery, and to answer it, in milliseconds. */
const READ_WITHIN_MS = 3000;
const DELIVER_MS = 15_000;
/** Interval of asking whether the files are closed, and maximum silence of the link. */
const POLL_MS = 20_000;
const SILENT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 500;

/** A question that this machine passes on for a machine linked to it. */
export interface HopOptions {
  /** The linked machine, as its link was typed here. */
  readonly via: string;
  /** In milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Asks the machine at the other end of a link for a window that would get a path.
 *
 * @param linkSocket The socket that ssh has forwarded to this machine.
 * @param paths Absolute, the most specific first.
 * @param hop Set if the paths belong to another machine.
 * @throws {SessionctlError} `CONNECTION_REFUSED` and `SOCKET_MISSING` if the ssh connection has
 * ended; `CONNECTION_CLOSED` if no registry runs at the other end; `TIMED_OUT` if it does not
 * answer; `FOREIGN_OWNER`; `NOT_ALLOWED` if it refuses; `INVALID_MESSAGE`.
 */
export async function findAtHome(
  linkSocket: string,
  paths: readonly string[],
  hop?: HopOptions,
): Promise<FindAnswer> {
  // A link that ends in a world-writable folder requests a better place for the next time.
  const remoteFolder = linkSocket.startsWith("/tmp/") ? linkFolder() : undefined;
  const json = hop
    ? { version: VIA_VERSION, paths, via: hop.via }
    : { version: 1, paths, remoteFolder };
  const timeoutMs = hop?.timeoutMs ?? FIND_MS;
  const answer = await askOverLink(linkSocket, "POST", "/v1/find", { json, timeoutMs });
  if (isFound(answer)) return answer;
  throw nonsense();
}

/**
 * Asks the fleet for a window that would get a path of another host.
 *
 * @param fleetSocket The socket on which the registry answers for the fleet.
 * @param owner The host that the path belongs to.
 * @throws {SessionctlError} as {@link findAtHome}; `MESSAGE_UNREAD` if the fleet has no such host.
 */
export async function findOfHost(
  fleetSocket: string,
  owner: string,
  path: string,
): Promise<HostAnswer> {
  const json = { version: 1, paths: [path], owner };
  const answer = await askOverLink(fleetSocket, "POST", "/v1/find", { json, timeoutMs: FIND_MS });
  if (isFound(answer) && typeof (answer as HostAnswer).self === "string") {
    return answer as HostAnswer;
  }
  throw nonsense();
}

/**
 * Delivers over a link.
 *
 * @param owner The host to which the files belong, if it is not this machine; only the fleet
 * accepts such deliveries.
 * @returns with `wait`, a promise that resolves when the files were closed.
 * @throws {SessionctlError} `MESSAGE_UNREAD` and the errors of a connect if nothing was opened, so
 * that another window may be used; `NOT_ALLOWED` or `EDITOR_REFUSED` if it was refused; other codes
 * if it may have been opened.
 */
export async function deliverHome(
  linkSocket: string,
  delivery: Delivery,
  owner?: string,
): Promise<(() => Promise<void>) | undefined> {
  const json = owner === undefined ? delivery : { owner, delivery };
  const request = { json, timeoutMs: DELIVER_MS, bodyWithinMs: READ_WITHIN_MS };
  const answer = await askOverLink(linkSocket, "POST", "/v1/deliveries", request).catch((error) => {
    // It was read; otherwise the error would be MESSAGE_UNREAD.
    throw hasCode(error, "CONNECTION_CLOSED") ? endedUnanswered(error) : error;
  }) as DeliveryAnswer;
  if (answer.answer !== "accepted") throw nonsense();
  const { wait } = answer;
  if (!delivery.wait) return undefined;
  if (typeof wait !== "string" || !/^[0-9a-f-]{36}$/.test(wait)) throw nonsense();
  return () => untilDone(linkSocket, wait);
}

/**
 * Asks until the files were closed. A broken connection ends the wait immediately, because the
 * state of the files is unknown from then on.
 *
 * @throws {SessionctlError} `EDITOR_GONE`.
 */
async function untilDone(linkSocket: string, wait: string): Promise<void> {
  for (;;) {
    const target = `/v1/deliveries/${wait}?ms=${POLL_MS}`;
    const answer = await askOverLink(linkSocket, "GET", target, { timeoutMs: SILENT_MS })
      .catch((error) => {
        throw new SessionctlError("EDITOR_GONE", `the link ended before the file was closed`, {
          hint: "unsaved changes may be lost",
          cause: error,
        });
      }) as DeliveryAnswer;
    if (answer.answer === "done") return;
    if (answer.answer !== "open") throw nonsense();
  }
}

/**
 * Sends one request over a link.
 *
 * @returns the answer, which is not a refusal.
 * @throws {SessionctlError} as {@link findAtHome}.
 */
export async function askOverLink(
  linkSocket: string,
  method: string,
  target: string,
  request: { json?: unknown; timeoutMs: number; bodyWithinMs?: number },
): Promise<{ readonly answer: string }> {
  const limits = { maxBodyBytes: MAX_ANSWER_BYTES };
  const response = await requestUnix(linkSocket, { method, target, ...limits, ...request })
    .catch((error) => {
      throw hasCode(error, "CONNECTION_CLOSED") ? noRegistry(error) : error;
    });
  const answer = response.json() as { readonly answer?: unknown } | null;
  if (typeof answer?.answer !== "string") throw nonsense();
  if (answer.answer === "refused") throw refused(answer as Refused);
  return answer as { answer: string };
}

function endedUnanswered(cause: unknown): SessionctlError {
  return new SessionctlError("EDITOR_GONE", "the link ended before the delivery was answered", {
    hint: "the files may be open at the other end",
    cause,
  });
}

function noRegistry(cause: unknown): SessionctlError {
  const message = "no sessionctl answers at the other end of the link";
  return new SessionctlError("CONNECTION_CLOSED", message, {
    hint: "there, run: sessionctl serve --detach",
    cause,
  });
}

function nonsense(): SessionctlError {
  const message = "the other end of the link does not answer like sessionctl";
  return new SessionctlError("INVALID_MESSAGE", message);
}

function refused({ reason, message }: Refused): SessionctlError {
  const text = typeof message === "string" ? message.slice(0, MAX_MESSAGE_LENGTH) : "refused";
  switch (reason) {
    case "no-window":
      return new SessionctlError("MESSAGE_UNREAD", printableText(text));
    case "editor":
      return new SessionctlError("EDITOR_REFUSED", printableText(text));
    default:
      return new SessionctlError("NOT_ALLOWED", `the other end refused: ${printableText(text)}`);
  }
}

function isFound(answer: { readonly answer: string }): answer is FindAnswer {
  const { home, authority, window } = answer as Partial<FindAnswer>;
  return answer.answer === "found" && typeof home?.host === "string" &&
    typeof authority === "string" && (window === null || typeof window?.name === "string");
}
