import { BodyFramer, ResponseTracker } from "./framing.ts";
import { ClientInput, HEAD_MS } from "./input.ts";
import type { Guard, Rejection } from "../connection_context.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { refusalBytes } from "./refusal.ts";
import type { HttpJudge, Refusal } from "./rules.ts";
import type { DuplexStream, Side } from "../data/side.ts";
import { writeAll } from "../../platform/mod.ts";

/** Time limit for a client to read the response that ends its connection, in milliseconds. */
const FAREWELL_MS = 2_000;
/** Time limit for the editor's response once the client has ended its direction, in milliseconds. */
const LATE_ANSWER_MS = 1_000;
/** Maximum that a client may send before its upgrade request is answered, in bytes. */
const MAX_EARLY_BYTES = 64 * 1024;

/**
 * A client whose HTTP requests are all checked before the editor sees them. To the data path it is an
 * ordinary byte stream: reads return the permitted requests, and writes take their responses.
 *
 * Bodies pass unchanged. After an upgrade that the editor granted (101), bytes pass without
 * inspection. Until its response arrives, no byte after the upgrade request is passed on, so a
 * refused upgrade does not bypass the rules.
 */
export class HttpGuard implements DuplexStream, Guard {
  readonly #side: Side;
  readonly #judge: HttpJudge;
  readonly #responses: ResponseTracker;
  readonly #input: ClientInput;
  /** A permitted head that has not been read in full. */
  #output = new Uint8Array(0);
  #body: BodyFramer | undefined;
  #tunnel = false;
  #awaitingUpgrade = false;
  #answered: (() => void) | undefined;
  #writeClosed = false;
  #refused = false;
  readonly #onRejected: (rejection: Rejection) => void;

  /** @param onRejected Called for a refused request, before the client gets its response. */
  constructor(
    side: Side,
    judge: HttpJudge,
    onRejected: (rejection: Rejection) => void = () => {},
  ) {
    this.#side = side;
    this.#onRejected = onRejected;
    this.#input = new ClientInput(side.stream);
    this.#judge = judge;
    this.#responses = new ResponseTracker((tunnel) => {
      if (tunnel) this.#tunnel = true;
      this.#awaitingUpgrade = false;
      this.#answered?.();
    });
  }

  /** The guarded client as a side of a connection. */
  get side(): Side {
    const { outlivesWrites } = this.#side;
    return {
      stream: this,
      outlivesWrites,
      givesRecords: false,
      hungUp: () => this.#side.hungUp(),
      wasReset: (closed) => this.#side.wasReset?.(closed) ?? false,
      close: () => this.#side.close(),
      failed: (error) => this.#side.failed(error),
      abort: () => {
        // No further response will arrive, so waiting for one must end.
        this.#writeClosed = true;
        this.#answered?.();
        this.#side.abort();
      },
    };
  }

  /**
   * Waits for the first request, so that clients without a token cause no connection to the editor.
   *
   * @returns whether it is permitted; a refused request was answered, and the connection has ended.
   */
  async admit(): Promise<boolean> {
    if (await this.#nextHead(true)) return true;
    this.#side.close();
    return false;
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#refused) return null;
      if (this.#output.length > 0) return this.#takeOutput(into);
      if (this.#awaitingUpgrade) {
        await this.#answer();
        if (this.#input.bytes.length > MAX_EARLY_BYTES) throw this.#tooEarly();
        continue;
      }
      const isEmpty = this.#input.bytes.length === 0;
      if (this.#tunnel && isEmpty && !this.#input.reading) {
        return await this.#side.stream.read(into);
      }
      if (this.#tunnel || this.#body) {
        if (isEmpty && !(await this.#input.fill())) return null;
        try {
          return this.#takeInput(into);
        } catch (error) {
          await this.#rejectBody(messageOf(error));
          throw error;
        }
      }
      if (!(await this.#nextHead(false))) return null;
    }
  }

  #takeOutput(into: Uint8Array): number {
    const count = Math.min(into.length, this.#output.length);
    into.set(this.#output.subarray(0, count));
    this.#output = this.#output.subarray(count);
    return count;
  }

  #takeInput(into: Uint8Array): number {
    let bytes = this.#input.bytes.subarray(0, into.length);
    if (!this.#tunnel && this.#body) {
      bytes = bytes.subarray(0, this.#body.consume(bytes));
      if (this.#body.done) this.#body = undefined;
    }
    into.set(bytes);
    this.#input.skip(bytes.length);
    return bytes.length;
  }

  /** Reads and checks the next request's head; false if no more bytes may pass. */
  async #nextHead(first: boolean): Promise<boolean> {
    const head = await this.#input.head(first, () => this.#tooSlow());
    if (head === undefined) return false;
    if ("reason" in head) return await this.#refuse(head);
    const verdict = this.#judge.judge(head);
    this.#input.skip(head.length);
    if ("refusal" in verdict) return await this.#refuse(verdict.refusal);
    const body = new BodyFramer(verdict.head.bodyLength);
    if (verdict.upgrade && !body.done) {
      return await this.#refuse({ status: 400, reason: "an upgrade request with a body" });
    }
    this.#output = new Uint8Array(verdict.bytes);
    this.#responses.expect({ method: verdict.head.method, upgrade: verdict.upgrade });
    this.#awaitingUpgrade = verdict.upgrade;
    if (!body.done) this.#body = body;
    return true;
  }

  /** Sends the relay's own response, after the editor's outstanding ones, and ends the connection. */
  async #refuse(refusal: Refusal): Promise<false> {
    this.#output = new Uint8Array(0);
    while (this.#responses.outstanding > 0 && !this.#writeClosed) {
      await this.#answer();
      // Bytes after the refused request are discarded.
      this.#discard();
    }
    this.#refused = true;
    this.#tell(refusal);
    if (!this.#writeClosed) await this.#sayAndEnd(refusal);
    return false;
  }

  #tell({ status, reason }: Refusal): void {
    // A client with the token in its URL is redirected and returns.
    if (status === 303) return;
    this.#onRejected({
      reason: status === 401 || status === 403 ? "client-not-allowed" : "bad-request",
      message: `${status}, ${reason}`,
    });
  }

  #discard(): void {
    this.#input.skip(this.#input.bytes.length);
  }

  async #sayAndEnd(refusal: Refusal): Promise<void> {
    const timer = setTimeout(() => this.#side.abort(), FAREWELL_MS);
    try {
      await writeAll(this.#side.stream, refusalBytes(refusal));
      await this.closeWrite();
      // Closing with unread bytes would reset the connection and lose the response.
      while (await this.#input.fill()) this.#discard();
    } catch {
      /* the client did not wait for it */
    } finally {
      clearTimeout(timer);
    }
  }

  /** Handles a broken body: a part of its request has passed, so the connection must be aborted. */
  async #rejectBody(reason: string): Promise<void> {
    const refusal: Refusal = { status: 400, reason };
    this.#tell(refusal);
    if (this.#responses.outstanding === 1 && !this.#responses.begun && !this.#writeClosed) {
      await this.#sayAndEnd(refusal);
    }
  }

  #tooEarly(): Error {
    const message = "the client sent too much data before the answer to its upgrade request";
    this.#onRejected({ reason: "bad-request", message });
    return new SessionctlError("INVALID_MESSAGE", message);
  }

  #tooSlow(): void {
    const message = `no complete request arrived within ${HEAD_MS / 1000} s`;
    this.#onRejected({ reason: "bad-request", message });
    this.#side.abort();
  }

  /**
   * Waits until a response is complete, the editor ends the connection, or the client sends more.
   *
   * @throws the error of the read from the client; `ConnectionReset` if the client has ended its
   *   direction and no response arrives in time.
   */
  async #answer(): Promise<void> {
    if (this.#writeClosed) {
      this.#awaitingUpgrade = false;
      this.#refused = true;
      return;
    }
    const answer = Promise.withResolvers<void>();
    this.#answered = answer.resolve;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      // Reading is the only way to detect that the client has gone.
      await Promise.race([answer.promise, this.#input.fill()]);
      if (!this.#input.ended) return;
      timer = setTimeout(() => answer.reject(goneUnanswered()), LATE_ANSWER_MS);
      await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#answered = undefined;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#refused && this.#writeClosed) return bytes.length;
    if (this.#tunnel) return await this.#side.stream.write(bytes);
    await writeAll(this.#side.stream, bytes);
    this.#responses.follow(bytes);
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#writeClosed) return;
    this.#writeClosed = true;
    this.#answered?.();
    await this.#side.stream.closeWrite();
  }

  close(): void {
    this.#side.close();
  }
}

function goneUnanswered(): Error {
  return new Deno.errors.ConnectionReset(
    "the client ended its direction before the answer to its request",
  );
}
