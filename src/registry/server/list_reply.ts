import { STATUS_CODE } from "@std/http/status";
import type { HttpReply, WaitingShare } from "../../http/server/mod.ts";
import { MAX_BODY_BYTES } from "../protocol.ts";

/** The approximate length of a piece, in characters; a piece ends after a whole item. */
const PIECE_LENGTH = 64 * 1024;
/** Room for one piece whose last item is as long as a session can be, in bytes. */
const PIECE_ROOM = PIECE_LENGTH + 2 * MAX_BODY_BYTES;
/** The memory that an item of the list takes while it waits to be sent, in bytes. */
const ITEM_BYTES = 64;

const encoder = new TextEncoder();

/** Items to write as JSON, piece by piece. */
export interface JsonList {
  readonly prefix: string;
  readonly items: readonly unknown[];
  readonly suffix: string;
}

/**
 * Yields the text of a list in pieces, each made on demand. `isLast` marks the last one.
 */
export function* jsonPieces(
  { prefix, items, suffix }: JsonList,
): Generator<{ bytes: Uint8Array; isLast: boolean }> {
  let text = prefix;
  for (const [index, item] of items.entries()) {
    text += (index === 0 ? "" : ",") + JSON.stringify(item);
    if (text.length < PIECE_LENGTH || index === items.length - 1) continue;
    yield { bytes: encoder.encode(text), isLast: false };
    text = "";
  }
  yield { bytes: encoder.encode(text + suffix), isLast: true };
}

/** Waits for the memory that one piece of a list takes while it is made and sent. */
export async function reservePiece(
  waiting: WaitingShare | undefined,
  itemCount: number,
): Promise<void> {
  await waiting?.reserve(PIECE_ROOM + ITEM_BYTES * itemCount);
}

/**
 * Replies with `{"NAME":[...]}`. A long list is sent in pieces, and each piece is made when the
 * previous one was taken, so that a client that does not read costs one piece.
 */
export async function listReply(
  name: string,
  items: readonly unknown[],
  waiting: WaitingShare | undefined,
): Promise<HttpReply> {
  const pieces = jsonPieces({ prefix: `{${JSON.stringify(name)}:[`, items, suffix: "]}" });
  const next = async () => {
    await reservePiece(waiting, items.length);
    const { value } = pieces.next();
    waiting?.set(value!.bytes.length + ITEM_BYTES * items.length);
    return value!;
  };
  const first = await next();
  const reply = { status: STATUS_CODE.OK, headers: { "Content-Type": "application/json" } };
  if (first.isLast) return { ...reply, body: first.bytes };
  let piece: typeof first | undefined = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { bytes, isLast } = piece ?? await next();
      piece = undefined;
      controller.enqueue(bytes);
      if (isLast) controller.close();
    },
  }, { highWaterMark: 0 });
  return { ...reply, body };
}
