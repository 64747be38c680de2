import { STATUS_CODE } from "@std/http/status";
import type { HttpReply, WaitingShare } from "../../http/server/mod.ts";
import { jsonPieces, reservePiece } from "./list_reply.ts";
import type { Registry } from "./registry.ts";
import type { RegistryEvent } from "./types.ts";
import type { Session } from "../session.ts";

/** How far a subscriber may fall behind, in characters of events; then its stream ends. */
const MAX_LAG = 4 * 1024 * 1024;
/** A comment this often, in milliseconds, so that a dead subscriber is noticed. */
const KEEP_ALIVE_MS = 15_000;
/** Events that wait are sent together, up to about this many bytes. */
const JOINED_BYTES = 64 * 1024;

const encoder = new TextEncoder();

/** One event, encoded once for all subscribers. Each holds the event it has sent last. */
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
 * `GET /v1/events`: the present sessions as `snapshot`, then every change. A subscriber that
 * falls behind is cut off; when it comes back, it gets a snapshot. Subscribers share what they
 * wait for: many that do not read cost little more than one.
 * Source: WHATWG HTML, "Server-sent events".
 */
export class EventFeed {
  readonly #registry: Registry;
  readonly #subscribers = new Set<Subscriber>();
  #tail: Entry = { bytes: new Uint8Array(0), end: 0, next: undefined };
  #stop: (() => void) | undefined;
  /** All sessions as of a version of the registry: subscribers that come together share it. */
  #snapshot: { readonly version: number; readonly sessions: readonly Session[] } | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** A new subscriber's stream. @param waiting Counts what waits for it. */
  reply(waiting: WaitingShare | undefined): HttpReply {
    // In one go, so that no change falls between the snapshot and the first event.
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

  /** @returns what ends it, when the last subscriber has left. */
  #start(): () => void {
    const unsubscribe = this.#registry.subscribe((event) => this.#append(...encode(event)));
    const keepAlive = setInterval(() => this.#append(":\n\n", 0), KEEP_ALIVE_MS);
    return () => {
      unsubscribe();
      clearInterval(keepAlive);
      this.#snapshot = undefined;
    };
  }

  /** @param held What else the event keeps in memory for who has not sent it, in characters. */
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
    // What it has not sent may go.
    subscriber.last = this.#tail;
    subscriber.wake();
    if (this.#subscribers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}

/** The text of an event, and how long what it replaced is: a snapshot may still refer to that. */
function encode({ type, session, former }: RegistryEvent): [text: string, held: number] {
  const text = `event: ${type}\ndata: ${JSON.stringify({ session })}\n\n`;
  return [text, former ? JSON.stringify(former).length : 0];
}

/** What the subscriber has not got yet, when there is something; undefined when it is cut off. */
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
