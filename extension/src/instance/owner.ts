import { type ByteStream, encodeJsonLine, JsonLineSplitter } from "../../../src/ipc/mod.ts";
import { openStream } from "../node/stream.ts";
import type { Focus } from "../window/mod.ts";

const CONNECT_MS = 1000;
/** A ghost needs up to 1.5 s to find out that it is one. */
const ANSWER_MS = 3000;
/** Minimum interval of asking a peer that ends each connection immediately. */
const PAUSE_MS = 2000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The owner of a folder's socket, as far as other windows need to know it. */
export interface Owner {
  /** Absent for an instance that is not a companion. */
  readonly windowId?: string;
  readonly ghost: boolean;
  readonly focus: Focus;
}

/**
 * Asks which process listens at `path`.
 *
 * @returns undefined if none listens or answers.
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
 * Stays connected to the process that listens at `path`.
 *
 * @param onEnd Called when that process has gone.
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
    // Its events are not used, but have to be read.
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
