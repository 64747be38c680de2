import { BodyFramer, ResponseTracker } from "./framing.ts";
import { ClientInput, HEAD_MS } from "./input.ts";
import type { Guard, Rejection } from "../connection.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { refusalBytes } from "./refusal.ts";
import type { HttpJudge, Refusal } from "./rules.ts";
import type { DuplexStream, Side } from "../data/side.ts";
import { writeAll } from "../../platform/mod.ts";

/** For a client to take the answer that ends its connection, in milliseconds. */
const FAREWELL_MS = 2_000;
/** For the editor's answer once the client that waits for it has ended its direction, in milliseconds. */
const LATE_ANSWER_MS = 1_000;
/** What a client may send before its upgrade request is answered, in bytes. */
const MAX_EARLY_BYTES = 64 * 1024;

/**
 * A client whose every HTTP request is judged before the editor sees it. To the data
 * path it is a byte stream like any other: what is read from it are the requests that
 * may pass, what is written to it are their answers.
 *
 * Bodies pass as they come. After an upgrade that the editor granted (101) bytes pass
 * unread; until the answer is there nothing behind the upgrade request is passed on,
 * so a refused upgrade opens no way around the rules.
 */
export class HttpGuard implements DuplexStream, Guard {
  readonly #side: Side;
  readonly #judge: HttpJudge;
  readonly #responses: ResponseTracker;
  readonly #input: ClientInput;
  /** A head that may pass and was not read in full yet. */
  #output = new Uint8Array(0);
  #body: BodyFramer | undefined;
  #tunnel = false;
  #awaitingUpgrade = false;
  #answered: (() => void) | undefined;
  #writeClosed = false;
  #refused = false;
  readonly #onRejected: (rejection: Rejection) => void;

  /** @param onRejected Told of a request that may not pass, before the client is. */
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
        // Nobody is answered any more: who waits for that would wait for ever.
        this.#writeClosed = true;
        this.#answered?.();
        this.#side.abort();
      },
    };
  }

  /**
   * Waits for the first request, so that nobody without a token makes a connection to
   * the editor.
   *
   * @returns whether it may pass; if not, it was answered and the connection has ended.
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

  /** Gets the next request's head and judges it; false if nothing more may pass. */
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

  /** Answers in the editor's place, after what it still has to answer, and ends the connection. */
  async #refuse(refusal: Refusal): Promise<false> {
    this.#output = new Uint8Array(0);
    while (this.#responses.outstanding > 0 && !this.#writeClosed) {
      await this.#answer();
      // Nothing behind the request that is refused is wanted.
      this.#discard();
    }
    this.#refused = true;
    this.#tell(refusal);
    if (!this.#writeClosed) await this.#sayAndEnd(refusal);
    return false;
  }

  #tell({ status, reason }: Refusal): void {
    // A client that came with the token is redirected, and comes again.
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
      // Closing over unread bytes would reset the connection and lose the answer.
      while (await this.#input.fill()) this.#discard();
    } catch {
      /* the client did not wait for it */
    } finally {
      clearTimeout(timer);
    }
  }

  /** A broken body: its request is passed on in part, so what follows can only be an abort. */
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
   * Waits for an answer to be complete, for the editor to end the connection, or for more
   * from the client.
   *
   * @throws what the read of the client met; `ConnectionReset` if the client has ended its
   *   direction and there is no answer in time.
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
      // Reading is the only way to notice that the client is gone.
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
