import { connectUnix, requestUnix } from "../../http/mod.ts";
import { type ChannelPeer, startChannels, toByteStream } from "../../ipc/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { hubSocketPath } from "../paths.ts";
import { isHealth } from "../server/answers.ts";
import { isAbsence, nonsense } from "./errors.ts";

export interface HubAccess {
  /** How this client is to be known. */
  readonly context: string;
  /** How long the hub may take to greet, in milliseconds. */
  readonly timeoutMs: number;
  readonly allowOwners: readonly number[];
}

/**
 * Connects to the hub of the registry at a socket. The hub listens beside it; the registry is
 * asked only if it does not: it may be starting, or systemd has it still to start.
 *
 * @returns the connection, or why this user may not use the hub: no other registry changes that.
 * @throws {SessionctlError} as `requestUnix`; `TIMED_OUT`; `REGISTRY_ERROR` without a hub; `REGISTRY_UNREACHABLE` when the hub is gone, although the registry answers: it is ending.
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
  if (!isHealth(answer)) throw nonsense(registrySocket, request.target);
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
    { hint: "it is an older one, or could not listen; see its messages" },
  );
}

function hubGone(socket: string, cause: unknown): SessionctlError {
  return new SessionctlError(
    "REGISTRY_UNREACHABLE",
    `no hub listens on ${printablePath(socket)}`,
    { hint: "is the registry ending? start it with: sessionctl serve --detach", cause },
  );
}
