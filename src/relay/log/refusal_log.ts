import { type ConnectionRecord, timestamp } from "./record.ts";

/** Interval for which refusals of one client for one reason are gathered, in milliseconds. */
const WINDOW_MS = 5_000;
/** Number of pairs of client and reason that are logged at once per interval; others are logged at its end. */
const TOLD_AT_ONCE = 20;
/** Number of pairs that are logged at all; the rest is logged as a number of connections. */
const MAX_PAIRS = 256;
/** Number of reasons per client: a client can choose its reasons and must not hide other clients. */
const MAX_REASONS = 8;
const LONGEST_REASON = 300;

interface Pair {
  readonly host: string;
  readonly reason: string;
  readonly since: number;
  /** Refusals that have not been logged. */
  held: number;
}

/**
 * Logs refused connections with client, time and reason. The first refusal of a client for a reason
 * is logged at once, further ones with their count every five seconds, so that a client with many
 * attempts does not fill the log or hide others.
 */
export class RefusalLog {
  readonly #log: (line: string) => void;
  readonly #pairs = new Map<string, Pair>();
  #others = 0;
  #othersSince = 0;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Records a refused connection. */
  add({ client, reason = "refused" }: ConnectionRecord): void {
    const host = client.replace(/:[0-9]+$/, "");
    let shown = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}...` : reason;
    if (!this.#pairs.has(`${host} ${shown}`) && this.#reasonsOf(host) >= MAX_REASONS) {
      shown = "further reasons";
    }
    const key = `${host} ${shown}`;
    const known = this.#pairs.get(key);
    if (known) return void known.held++;
    const now = Date.now();
    if (this.#pairs.size >= MAX_PAIRS) {
      if (this.#others++ === 0) this.#othersSince = now;
      return;
    }
    const atOnce = this.#pairs.size < TOLD_AT_ONCE;
    this.#pairs.set(key, { host, reason: shown, since: now, held: atOnce ? 0 : 1 });
    if (atOnce) this.#log(`${timestamp(now)} refused a connection${from(client)}: ${shown}`);
  }

  #reasonsOf(host: string): number {
    let reasons = 0;
    for (const pair of this.#pairs.values()) if (pair.host === host) reasons++;
    return reasons;
  }

  /** Whether the interval of a refusal is in progress, so that {@link flush} has to be called. */
  get isGathering(): boolean {
    return this.#pairs.size > 0 || this.#others > 0;
  }

  /** Logs the refusals whose interval has passed, or all of them. */
  flush(all = false): void {
    const now = Date.now();
    const due = (since: number) => all || Math.abs(now - since) >= WINDOW_MS;
    for (const [key, pair] of this.#pairs) {
      if (!due(pair.since)) continue;
      this.#pairs.delete(key);
      if (pair.held === 0) continue;
      this.#log(`${count(pair.held, pair.since)}${from(pair.host)}: ${pair.reason}`);
      if (!all) this.#pairs.set(key, { ...pair, since: now, held: 0 });
    }
    if (this.#others > 0 && due(this.#othersSince)) {
      this.#log(
        `${count(this.#others, this.#othersSince)} from other clients or for other reasons`,
      );
      this.#others = 0;
    }
  }
}

const from = (client: string) => client === "unix" ? "" : ` from ${client}`;

function count(held: number, since: number): string {
  const connections = held === 1 ? "a connection" : `${held} connections`;
  return `${timestamp(Date.now())} refused ${connections} since ${timestamp(since)}`;
}
