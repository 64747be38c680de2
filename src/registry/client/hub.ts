import { connectUnix, requestUnix } from "../../http/mod.ts";
import { type ChannelPeer, startChannels, toByteStream } from "../../ipc/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { hubSocketPath } from "../paths.ts";
import { isHealth } from "../server/answers.ts";
import { invalidAnswer, isAbsence } from "./errors.ts";

export interface HubAccess {
  /** The name under which the hub knows this client. */
  readonly context: string;
  /** How long the hub may take to greet, in milliseconds. */
  readonly timeoutMs: number;
  readonly allowOwners: readonly number[];
}

/**
 * Connects to the hub of the registry at a socket. The hub listens beside the registry. If nothing
 * listens there, this asks the registry, which may be starting or may be waiting for systemd to
 * start it.
 *
 * @returns the connection, or an error if this user may not use the hub; trying another registry
 * would not help.
 * @throws {SessionctlError} as `requestUnix`; `TIMED_OUT`; `REGISTRY_ERROR` if the registry has no
 * hub; `REGISTRY_UNREACHABLE` if the registry answers but its hub is gone because it is ending.
 */
export async function connectHubOf(
  registrySocket: string,
  access: HubAccess,
): Promise<ChannelPeer | SessionctlError> {
  const beside = hubSocketPath(registrySocket);
  try {
    return await open(beside, access);
  } catch (error) {
    if (!isGone(error)) return unusable(error);
  }
  const socket = await askForHub(registrySocket, access);
  try {
    return await open(socket, access);
  } catch (error) {
    if (isGone(error)) throw hubGone(socket, error);
    return unusable(error);
  }
}

function isGone(error: unknown): boolean {
  return hasCode(error, "SOCKET_MISSING", "CONNECTION_REFUSED");
}

function unusable(error: unknown): SessionctlError {
  if (isAbsence(error)) return error;
  throw error;
}

async function askForHub(
  registrySocket: string,
  { timeoutMs, allowOwners }: HubAccess,
): Promise<string> {
  const request = { method: "GET", target: "/healthz", timeoutMs, allowOwners };
  const answer = (await requestUnix(registrySocket, request)).json();
  if (!isHealth(answer)) throw invalidAnswer(registrySocket, request.target);
  if (answer.ipcSocket === null) throw noHub(registrySocket);
  return answer.ipcSocket;
}

async function open(
  path: string,
  { context, timeoutMs, allowOwners }: HubAccess,
): Promise<ChannelPeer> {
  const peer = startChannels(toByteStream(await connectUnix(path, allowOwners)), context);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(hangs(path, timeoutMs)), timeoutMs);
  const ended = peer.ended.then((error) => Promise.reject(error));
  try {
    await Promise.race([peer.client.ready, ended, late.promise]);
    return peer;
  } catch (error) {
    peer.dispose();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function hangs(path: string, timeoutMs: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `${printablePath(path)}: no answer within ${timeoutMs} ms`,
  );
}

function noHub(registrySocket: string): SessionctlError {
  return new SessionctlError(
    "REGISTRY_ERROR",
    `the registry at ${printablePath(registrySocket)} has no hub`,
    { hint: "it is an older version, or its hub could not listen; see its log" },
  );
}

function hubGone(socket: string, cause: unknown): SessionctlError {
  return new SessionctlError(
    "REGISTRY_UNREACHABLE",
    `no hub listens on ${printablePath(socket)}`,
    { hint: "the registry may be ending; start it with: sessionctl serve --detach", cause },
  );
}
