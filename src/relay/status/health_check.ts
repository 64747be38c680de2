import { writeAll } from "../../platform/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import type { Side } from "../data/side.ts";

/** Time limit for the start of a target's response, in milliseconds. */
const ANSWER_MS = 3_000;
/** Length of `HTTP/1.1 200`. */
const STATUS_BYTES = 12;

/**
 * Requests a path from a target over HTTP and ends the connection.
 *
 * @param prelude Bytes that the target expects before the request.
 * @throws {SessionctlError} `TIMED_OUT`, or `IO_ERROR` unless it answers with a status from 200 to 399.
 */
export async function askOverHttp(side: Side, path: string, prelude?: Uint8Array): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    side.abort();
  }, ANSWER_MS);
  let status: string;
  try {
    if (prelude) await writeAll(side.stream, prelude);
    const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n` +
      "User-Agent: sessionctl-relay\r\nConnection: close\r\n\r\n";
    await writeAll(side.stream, new TextEncoder().encode(request));
    status = await readStatus(side);
  } catch (error) {
    throw late
      ? new SessionctlError("TIMED_OUT", `no answer to GET ${path} within ${ANSWER_MS} ms`)
      : new SessionctlError("IO_ERROR", `GET ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    side.abort();
  }
  if (/^HTTP\/1\.[01] [23][0-9]{2}$/.test(status)) return;
  const answer = /^HTTP\/1\.[01] ([0-9]{3})$/.exec(status)?.[1] ?? "no HTTP";
  throw new SessionctlError("IO_ERROR", `GET ${path} was answered with ${answer}`);
}

async function readStatus({ stream }: Side): Promise<string> {
  const bytes = new Uint8Array(STATUS_BYTES);
  for (let at = 0; at < bytes.length;) {
    const count = await stream.read(bytes.subarray(at));
    if (count === null) return "";
    at += count;
  }
  return new TextDecoder("latin1").decode(bytes);
}
