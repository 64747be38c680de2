import { STATUS_CODE } from "@std/http/status";
import type { HttpReply, WaitingShare } from "../../http/server/mod.ts";
import { jsonPieces, reservePiece } from "./list_reply.ts";
import type { Registry } from "./registry.ts";
import type { RegistryEvent } from "./types.ts";
import type { Session } from "../session.ts";

/** How far a subscriber may fall behind, in characters of events, before its stream ends. */
const MAX_LAG = 4 * 1024 * 1024;
/** Interval of keep-alive comments, in milliseconds, which reveal dead subscribers. */
const KEEP_ALIVE_MS = 15_000;
/** Waiting events are sent together, up to about this many bytes. */
const JOINED_BYTES = 64 * 1024;

const encoder = new TextEncoder();

/**
 * One event, encoded once for all subscribers. Each subscriber refers to the event it sent last.
 */
interface Entry {
  readonly bytes: Uint8Array;
  /** The cost of this event and of all before it. */
  readonly end: number;
  next: Entry | undefined;
}

interface Subscriber {
  last: Entry;
  cut: boolean;
  wake: () => void;
}

/**
 * `GET /v1/events`: the present sessions as a `snapshot`, then every change. A subscriber that
 * falls behind is cut off; when it reconnects, it gets a new snapshot. Subscribers share the queue
 * of events, so many that do not read cost little more than one.
 * Source: WHATWG HTML, "Server-sent events".
 */
export class EventFeed {
  readonly #registry: Registry;
  readonly #subscribers = new Set<Subscriber>();
  #tail: Entry = { bytes: new Uint8Array(0), end: 0, next: undefined };
  #stop: (() => void) | undefined;
  /** All sessions at a version of the registry; subscribers that arrive together share it. */
  #snapshot: { readonly version: number; readonly sessions: readonly Session[] } | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Returns a new subscriber's stream. @param waiting Counts the bytes that wait for it. */
  reply(waiting: WaitingShare | undefined): HttpReply {
    // Without an await, so that no change falls between the snapshot and the first event.
    const subscriber: Subscriber = { last: this.#tail, cut: false, wake: () => {} };
    const sessions = this.#sessions();
    this.#subscribers.add(subscriber);
    this.#stop ??= this.#start();
    const prefix = 'event: snapshot\ndata: {"sessions":[';
    let pieces: ReturnType<typeof jsonPieces> | undefined = jsonPieces({
      prefix,
      items: sessions,
      suffix: "]}\n\n",
    });
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (pieces) {
          await reservePiece(waiting, sessions.length);
          const { bytes, isLast } = pieces.next().value!;
          if (isLast) pieces = undefined;
          return controller.enqueue(bytes);
        }
        const bytes = await nextBytes(subscriber);
        if (bytes) controller.enqueue(bytes);
        else controller.close();
      },
      cancel: () => this.#leave(subscriber),
    }, { highWaterMark: 0 });
    return {
      status: STATUS_CODE.OK,
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
      body,
    };
  }

  #sessions(): readonly Session[] {
    const { version } = this.#registry;
    if (this.#snapshot?.version !== version) {
      this.#snapshot = { version, sessions: this.#registry.snapshot() };
    }
    return this.#snapshot.sessions;
  }

  /**
   * Starts collecting events. @returns a function that stops, for when the last subscriber has
   * left.
   */
  #start(): () => void {
    const unsubscribe = this.#registry.subscribe((event) => this.#append(...encode(event)));
    const keepAlive = setInterval(() => this.#append(":\n\n", 0), KEEP_ALIVE_MS);
    return () => {
      unsubscribe();
      clearInterval(keepAlive);
      this.#snapshot = undefined;
    };
  }

  /**
   * @param held Further memory that the event keeps for subscribers that have not sent it, in
   * characters.
   */
  #append(text: string, held: number): void {
    const end = this.#tail.end + text.length + held;
    this.#tail = this.#tail.next = { bytes: encoder.encode(text), end, next: undefined };
    for (const subscriber of this.#subscribers) {
      if (end - subscriber.last.end > MAX_LAG + text.length + held) {
        subscriber.cut = true;
        this.#leave(subscriber);
      }
      subscriber.wake();
    }
  }

  #leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    // Unsent events may be freed.
    subscriber.last = this.#tail;
    subscriber.wake();
    if (this.#subscribers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}

/**
 * The text of an event, and the length of the session it replaced: a snapshot may still refer to
 * it.
 */
function encode({ type, session, former }: RegistryEvent): [text: string, held: number] {
  const text = `event: ${type}\ndata: ${JSON.stringify({ session })}\n\n`;
  return [text, former ? JSON.stringify(former).length : 0];
}

/** Waits for the next events of a subscriber; undefined when it is cut off. */
async function nextBytes(subscriber: Subscriber): Promise<Uint8Array | undefined> {
  while (!subscriber.last.next && !subscriber.cut) {
    await new Promise<void>((resolve) => subscriber.wake = resolve);
  }
  if (subscriber.cut || !subscriber.last.next) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let entry = subscriber.last.next; entry; entry = entry.next!) {
    if (length > 0 && length + entry.bytes.length > JOINED_BYTES) break;
    parts.push(entry.bytes);
    length += entry.bytes.length;
    subscriber.last = entry;
  }
  if (parts.length === 1) return parts[0];
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
