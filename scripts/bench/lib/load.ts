import { join } from "@std/path";

/**
 * The requests of the load generator. In `target`, `body` and `answer`, each `{i}` stands for the
 * number of the request's session, in six digits.
 */
export interface LoadOptions {
  readonly socket: string;
  /** The number of keep-alive connections, each with one request in progress. */
  readonly connections: number;
  readonly method: "GET" | "POST";
  readonly target: string;
  /** A JSON body. */
  readonly body?: string;
  /** The body that each answer must have, with status 200. */
  readonly answer: string;
  /** The range of the numbers for `{i}`; the end is exclusive. */
  readonly range: readonly [number, number];
  /** The distance from one number to the next; 1 by default. */
  readonly step?: number;
  /** Whether numbers are random (for `seconds`), or each is used once. */
  readonly order: "random" | "once";
  /** The duration, if the order is random. */
  readonly seconds?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Requests per second, over all connections. */
  readonly rate: number;
  /** Latency of single requests, in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Runs the load generator, which is a separate process, and waits for its end.
 *
 * @throws {Error} if an answer is not the expected one; the message shows it.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      join(import.meta.dirname!, "load_process.ts"),
      JSON.stringify(options),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`the load generator failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}
