import { delay } from "@std/async/delay";
import { requestUnix } from "../http/mod.ts";
import type { FeedAnswer, ReceivedDelivery } from "./protocol.ts";

const POLL_MS = 20_000;
const TIMEOUT_MS = 30_000;
/** The pause after a failed question, in milliseconds, because the registry may be restarting. */
const PAUSE_MS = 500;

/**
 * Follows the deliveries that a registry of this machine receives, across its restarts. The
 * generator ends if the registry does not report deliveries, because its version is older.
 *
 * @param socketPath Returns the registry's socket.
 */
export async function* watchDeliveries(
  socketPath: () => string,
): AsyncGenerator<ReceivedDelivery, void> {
  let after: number | undefined;
  for (;;) {
    const target = `/v1/deliveries${after === undefined ? "" : `?after=${after}&ms=${POLL_MS}`}`;
    try {
      const request = { method: "GET", target, timeoutMs: TIMEOUT_MS };
      const response = await requestUnix(socketPath(), request);
      if (response.status === 404) return;
      const { deliveries, next } = response.json() as FeedAnswer;
      if (!Array.isArray(deliveries) || typeof next !== "number") return;
      after = next;
      yield* deliveries;
    } catch {
      // A registry that starts numbers its deliveries from 0.
      after = after === undefined ? undefined : 0;
      await delay(PAUSE_MS);
    }
  }
}
