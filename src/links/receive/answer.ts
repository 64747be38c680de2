import { STATUS_CODE } from "@std/http/status";
import { type HttpReply, type HttpRequest, jsonReply } from "../../http/server/mod.ts";
import { parseJsonBytes } from "../../platform/mod.ts";
import { type ExtraRequest, isExtraRequest } from "../extra_request.ts";
import type { DeliveryAnswer, FindAnswer } from "../protocol.ts";
import { DeliveryRefusal } from "../refusal.ts";

/** The three requests that `open` sends over a link; the fleet accepts the same ones. */
export interface DeliveryService {
  /** Names the window that would get a path. */
  find(body: unknown): FindAnswer | Promise<FindAnswer>;
  /** Opens a delivery. */
  deliver(body: unknown): Promise<DeliveryAnswer>;
  /**
   * Answers when the files of a delivery were closed, or after `ms` milliseconds.
   *
   * @param id The `wait` field of the answer to the delivery.
   */
  wait(id: string, ms: number): Promise<DeliveryAnswer>;
  /** Handles another request, if the receiver knows any. */
  handle?(request: ExtraRequest, body: unknown): Promise<DeliveryAnswer>;
}

/** Answers a request; a {@link DeliveryRefusal} is an answer, too. */
export async function answerDelivery(
  request: HttpRequest,
  service: DeliveryService,
): Promise<HttpReply> {
  try {
    return jsonReply(STATUS_CODE.OK, await dispatch(request, service));
  } catch (error) {
    if (!(error instanceof DeliveryRefusal)) throw error;
    const { reason, message } = error;
    return jsonReply(STATUS_CODE.OK, { answer: "refused", reason, message });
  }
}

function dispatch(request: HttpRequest, service: DeliveryService): unknown {
  const { method, path, query } = request;
  if (method === "POST" && path === "/v1/find") return service.find(bodyOf(request));
  if (method === "POST" && path === "/v1/deliveries") return service.deliver(bodyOf(request));
  const extra = path.slice("/v1/".length);
  if (method === "POST" && isExtraRequest(extra) && service.handle) {
    return service.handle(extra, bodyOf(request));
  }
  const id = /^\/v1\/deliveries\/([0-9a-f-]{36})$/.exec(path)?.[1];
  if (method === "GET" && id !== undefined) {
    return service.wait(id, Number(new URLSearchParams(query).get("ms")));
  }
  throw new DeliveryRefusal("malformed", "there is no such request");
}

function bodyOf({ body }: HttpRequest): unknown {
  try {
    return parseJsonBytes(body);
  } catch {
    throw new DeliveryRefusal("malformed", "the request is not JSON");
  }
}
