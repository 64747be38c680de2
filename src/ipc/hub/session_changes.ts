import { errnoOf } from "../../errors.ts";
import type { ChannelPeer } from "../channels/peer.ts";
import { registryChannel, type SessionChange, type SessionFilter } from "./registry_channel.ts";

/**
 * Maximum number of changes that wait for a slow follower; beyond it, a new snapshot replaces them.
 */
const MAX_WAITING = 10_000;

/**
 * Follows the sessions over one connection to the hub: first a snapshot, then every change, and
 * another snapshot if the follower falls behind. Ends with the connection.
 *
 * @throws {Error} the error with which the hub refuses.
 * @example
 * ```ts
 * using hub = await connectChannels(ipcSocket, "my-tool");
 * for await (const change of sessionChanges(hub)) console.log(change.type);
 * ```
 */
export async function* sessionChanges(
  peer: ChannelPeer,
  filter: Omit<SessionFilter, "snapshot"> = {},
): AsyncGenerator<SessionChange, void> {
  let waiting: SessionChange[] = [];
  let end: { readonly error: Error } | undefined;
  let wake = () => {};
  let isBehind = false;
  const subscribe = () =>
    registryChannel.client(peer).onDidChangeSessions({ ...filter, snapshot: true })(
      (change) => {
        waiting.push(change);
        if (waiting.length > MAX_WAITING) {
          waiting = [];
          isBehind = true;
          subscription.dispose();
        }
        wake();
      },
      (error) => {
        end = { error };
        wake();
      },
    );
  let subscription = subscribe();
  try {
    for (;;) {
      if (isBehind) {
        isBehind = false;
        subscription = subscribe();
      }
      const changes = waiting;
      waiting = [];
      yield* changes;
      if (waiting.length > 0 || isBehind) continue;
      if (end) break;
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    subscription.dispose();
  }
  if (errnoOf(end.error) !== "CONNECTION_CLOSED") throw end.error;
}
