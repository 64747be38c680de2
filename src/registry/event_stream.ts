import {
  type ServerSentEventMessage,
  ServerSentEventStream,
} from "@std/http/server-sent-event-stream";
import { STATUS_CODE } from "@std/http/status";
import type { HttpReply } from "../platform/http_server/mod.ts";
import type { WatchEvent } from "./protocol.ts";
import type { Registry } from "./registry.ts";

/** How much may wait for a subscriber that does not read, in characters; then its stream ends. */
const MAX_WAITING = 4 * 1024 * 1024;
/** A comment this often, in milliseconds, so that a dead subscriber is noticed. */
const KEEP_ALIVE_MS = 15_000;

/**
 * `GET /v1/events`: the present sessions as `snapshot`, then every change. A
 * subscriber that falls behind is cut off; when it comes back, it gets a snapshot.
 * Source: WHATWG HTML, "Server-sent events".
 */
export function eventStream(registry: Registry): HttpReply {
  let stop = () => {};
  const events = new ReadableStream<ServerSentEventMessage>({
    start(controller) {
      const send = ({ type, ...data }: WatchEvent) => {
        if ((controller.desiredSize ?? 0) < -MAX_WAITING) {
          stop();
          controller.close();
          return;
        }
        controller.enqueue({ event: type, data: JSON.stringify(data) });
      };
      // In one go, so that no change falls between the snapshot and the first event.
      send({ type: "snapshot", sessions: registry.snapshot() });
      const unsubscribe = registry.subscribe(send);
      const keepAlive = setInterval(() => controller.enqueue({ comment: "" }), KEEP_ALIVE_MS);
      stop = () => {
        unsubscribe();
        clearInterval(keepAlive);
      };
    },
    cancel: () => stop(),
  }, {
    highWaterMark: 1,
    // The snapshot may be as long as it must; what counts is what comes after it.
    size: ({ event, data }) => event === "snapshot" ? 1 : (data?.length ?? 0) + 64,
  });
  return {
    status: STATUS_CODE.OK,
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
    body: events.pipeThrough(new ServerSentEventStream()),
  };
}
