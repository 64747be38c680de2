import { SessionctlError } from "../errors.ts";
import { requestUnix } from "../http/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import type { FleetFinding } from "./check.ts";
import type { FleetStatus } from "./status.ts";

/** Time limit of the registry in milliseconds, in addition to the requested wait. */
const TIMEOUT_MS = 5000;
/** A check sends a dozen requests, and each may take two seconds. */
const CHECK_MS = 30_000;
/** Enough for thousands of hosts. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A question to the fleet, if it does not request all hosts. */
export interface FleetQuestion {
  /** The `state` of an earlier answer, to get only the hosts that have changed since then. */
  readonly after: string;
  /** Maximum time that the registry waits for a change, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Asks the registry of this machine for its fleet.
 *
 * @param socket The registry's socket, if the user named it.
 * @throws {SessionctlError} `NOT_FOUND` if the registry is in no fleet, `REGISTRY_UNREACHABLE` if
 * none runs, `TIMED_OUT`.
 */
export async function askFleet(
  socket: string | undefined,
  { after, waitMs = 0 }: Partial<FleetQuestion> = {},
): Promise<FleetStatus> {
  const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}&ms=${waitMs}`;
  return await ask(socket, "GET", `/v1/fleet${query}`, TIMEOUT_MS + waitMs) as FleetStatus;
}

/**
 * Makes the registry check that the engine does what a fleet needs.
 *
 * @throws {SessionctlError} as {@link askFleet}.
 */
export async function checkFleet(socket: string | undefined): Promise<readonly FleetFinding[]> {
  const answer = await ask(socket, "POST", "/v1/fleet/check", CHECK_MS);
  return (answer as { readonly findings: readonly FleetFinding[] }).findings;
}

async function ask(
  socket: string | undefined,
  method: string,
  target: string,
  timeoutMs: number,
): Promise<unknown> {
  const client = new RegistryClient({ socket });
  await client.health();
  const limits = { timeoutMs, maxBodyBytes: MAX_ANSWER_BYTES };
  const answer = await requestUnix(client.socketPath, { method, target, ...limits });
  if (answer.status === 200) return answer.json();
  throw new SessionctlError("NOT_FOUND", "the registry of this machine is in no fleet", {
    hint: "join one with: sessionctl serve --fleet URL",
  });
}
