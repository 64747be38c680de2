import type { DescriptorFinder } from "../../http/server/mod.ts";
import { type BoundSocket, MAX_PIPE_CONNECTIONS, usesPipes } from "../../platform/mod.ts";

/** Descriptors kept for the state file, probes, upstreams and the runtime. */
const RESERVED_DESCRIPTORS = 128;

/** Connection limits of the registry and its hub, derived from the available descriptors. */
export async function connectionLimits(): Promise<{ connections: number; hubConnections: number }> {
  if (usesPipes()) {
    return { connections: MAX_PIPE_CONNECTIONS, hubConnections: MAX_PIPE_CONNECTIONS };
  }
  const { raiseFileLimit } = await import("../../platform/ffi/libc.ts");
  const available = Math.max(32, raiseFileLimit() - RESERVED_DESCRIPTORS);
  const hubConnections = Math.min(4096, Math.floor(available / 4));
  return { connections: available - hubConnections, hubConnections };
}

/**
 * Finds the descriptors of connections. Pipes need none, because closing a pipe ends both
 * directions.
 */
export async function descriptorFinder(
  socket: BoundSocket,
): Promise<DescriptorFinder | undefined> {
  if (usesPipes()) return undefined;
  const { AcceptedDescriptors } = await import("../../platform/ffi/accepted_descriptors.ts");
  return new AcceptedDescriptors(socket.boundPath);
}
