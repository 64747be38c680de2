import { SessionctlError } from "../platform/mod.ts";
import { readLines } from "./lines.ts";
import { emptyStats, type RelayStats } from "./stats.ts";
import type { WorkerOrder } from "./workers.ts";

/** What a worker says to its parent, one JSON value a line. */
export type WorkerMessage =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly code: string; readonly message: string }
  | { readonly type: "stats"; readonly stats: RelayStats }
  | { readonly type: "drained"; readonly aborted: number };

/** What a parent says to a worker after the order. */
export type WorkerCommand = "stats" | "reload" | "drain";

/** How long a worker may take to answer with its counts, in milliseconds. */
const STATS_MS = 1000;

/** How this program is started once more: the binary itself, or the source it was run from. */
function selfCommand(args: readonly string[]): Deno.Command {
  const standalone = (Deno.build as { standalone?: boolean }).standalone;
  const source = standalone ? [] : ["run", "--quiet", "--allow-all", "--no-check", Deno.mainModule];
  return new Deno.Command(Deno.execPath(), {
    args: [...source, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
}

/** A worker process seen from its parent. It ends by itself when its parent dies. */
export class WorkerProcess {
  readonly pid: number;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  lastStats: RelayStats = emptyStats();
  /** How many connections it aborted when it was told to end. */
  abortedAtEnd = 0;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #started = Promise.withResolvers<void>();
  #answered: (() => void) | undefined;

  private constructor(order: WorkerOrder) {
    this.#child = selfCommand(["relay", "--worker"]).spawn();
    this.pid = this.#child.pid;
    this.#writer = this.#child.stdin.getWriter();
    this.#say(order);
    this.ended = this.#child.status.then(({ code, signal }) => {
      this.#started.reject(new SessionctlError("IO_ERROR", "a worker ended before it listened"));
      return signal ? `was ended by ${signal}` : `ended with code ${code}`;
    });
    this.#listen();
  }

  /** @throws {SessionctlError} what kept the worker from listening. */
  static async start(order: WorkerOrder): Promise<WorkerProcess> {
    const worker = new WorkerProcess(order);
    await worker.#started.promise;
    return worker;
  }

  #say(value: unknown): void {
    const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
    // A worker that is gone is noticed by its end.
    this.#writer.write(line).catch(() => {});
  }

  async #listen(): Promise<void> {
    for await (const line of readLines(this.#child.stdout)) {
      const message = JSON.parse(line) as WorkerMessage;
      switch (message.type) {
        case "ready":
          this.#started.resolve();
          break;
        case "failed":
          this.#started.reject(new SessionctlError("IO_ERROR", message.message));
          break;
        case "stats":
          this.lastStats = message.stats;
          this.#answered?.();
          break;
        case "drained":
          this.abortedAtEnd = message.aborted;
      }
    }
  }

  tell(command: WorkerCommand): void {
    this.#say(command);
  }

  /** Its counts now, or the last known ones if it does not answer. */
  async stats(): Promise<RelayStats> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, STATS_MS);
      this.#answered = () => (clearTimeout(timer), resolve());
      this.tell("stats");
    });
    return this.lastStats;
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
  }
}
