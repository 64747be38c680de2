import { type ByteStream, encodeJsonLine, JsonLineSplitter } from "../../../src/ipc/mod.ts";
import { openStream } from "../node/stream.ts";
import type { Focus } from "../window/mod.ts";

const CONNECT_MS = 1000;
/** A ghost takes up to 1.5 s to know that it is one. */
const ANSWER_MS = 3000;
/** Somebody who ends each connection at once is asked no oftener than this. */
const PAUSE_MS = 2000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Who listens on a folder's socket, as far as others need to know. */
export interface Owner {
  /** Absent: no companion, but some other instance. */
  readonly windowId?: string;
  readonly ghost: boolean;
  readonly focus: Focus;
}

/**
 * Asks who listens at `path`.
 *
 * @returns undefined when nobody does, or nobody answers.
 */
export async function askOwner(path: string): Promise<Owner | undefined> {
  let stream: ByteStream;
  try {
    stream = await openStream(path, CONNECT_MS);
  } catch {
    return undefined;
  }
  const timer = setTimeout(() => stream.close(), ANSWER_MS);
  try {
    await stream.write(encodeJsonLine({ id: 1, method: "health" }));
    for await (const message of messages(stream)) return ownerOf(message.result);
  } catch {
    /* It went, or is no instance. */
  } finally {
    clearTimeout(timer);
    stream.close();
  }
}

function ownerOf(result: unknown): Owner {
  const health = typeof result === "object" && result !== null ? result : {};
  const { windowId, ghost, focused, focusedAt } = health as Record<string, unknown>;
  return {
    ...(typeof windowId === "string" ? { windowId } : {}),
    ghost: ghost === true,
    focus: {
      focused: focused === true,
      ...(typeof focusedAt === "number" ? { focusedAt } : {}),
    },
  };
}

/**
 * Stays connected to whoever listens at `path`.
 *
 * @param onEnd Called when that one has gone.
 * @returns a function that ends the connection.
 */
export function followOwner(path: string, onEnd: () => void): () => void {
  let stream: ByteStream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const started = Date.now();
  const follow = async () => {
    stream = await openStream(path, CONNECT_MS);
    if (over) return;
    await stream.write(encodeJsonLine({ id: 1, method: "subscribe" }));
    // Its events are of no interest, but have to be read.
    for await (const _ of messages(stream));
  };
  follow().catch(() => {}).then(() => {
    stream?.close();
    if (over) return;
    timer = setTimeout(onEnd, Date.now() - started < PAUSE_MS ? PAUSE_MS : 0);
  });
  return () => {
    over = true;
    clearTimeout(timer);
    stream?.close();
  };
}

async function* messages(stream: ByteStream): AsyncGenerator<Record<string, unknown>> {
  const splitter = new JsonLineSplitter(MAX_ANSWER_BYTES);
  const buffer = new Uint8Array(16 * 1024);
  for (let count; (count = await stream.read(buffer)) !== null;) {
    yield* splitter.push(buffer.subarray(0, count));
  }
}
