import { join } from "@std/path";

/**
 * What the load generator sends. In `target`, `body` and `answer`, each `{i}` stands
 * for the number of the session a request is about, in six digits.
 */
export interface LoadOptions {
  readonly socket: string;
  /** Kept-alive connections, each with one request under way. */
  readonly connections: number;
  readonly method: "GET" | "POST";
  readonly target: string;
  /** A JSON body. */
  readonly body?: string;
  /** The body that each answer must have, with status 200. */
  readonly answer: string;
  /** The numbers `{i}` goes through, from the first up to but without the last. */
  readonly range: readonly [number, number];
  /** The distance from one number to the next, if not 1. */
  readonly step?: number;
  /** Whether numbers are drawn by chance (for `seconds`) or each is taken once. */
  readonly order: "random" | "once";
  /** How long to go on, if the order is random. */
  readonly seconds?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Requests a second, over all connections. */
  readonly rate: number;
  /** Of single requests, in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Runs the load generator, a process of its own, and waits for its end.
 *
 * @throws {Error} when an answer is not the expected one; its message shows it.
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
