/** A server that a bench started as a separate process. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  memory(): Promise<Memory>;
  /** Ends it with SIGTERM, and later with SIGKILL. */
  stop(): Promise<void>;
}

/** In bytes. Source: proc_pid_smaps(5). */
export interface Memory {
  /** Resident set size: all its pages in memory; shared pages count in full. */
  readonly rss: number;
  /** Proportional set size: shared pages count by share. */
  readonly pss: number;
}

export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called repeatedly until the server is ready. An error means that it is not. */
  ready(): Promise<unknown>;
  /** Time limit for it to become ready, in milliseconds; 15,000 by default. */
  readonly limitMs?: number;
}

const POLL_MS = 20;
const STOP_LIMIT_MS = 10_000;
const KEPT_OUTPUT_BYTES = 16 * 1024;

/**
 * Starts a server and waits until it answers.
 *
 * @throws {Error} with its stderr, if it ends or does not get ready in time.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const child = new Deno.Command(options.command, {
    args: [...options.args],
    cwd: options.cwd,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...options.env },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = keepTail(child.stderr);
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    const killer = setTimeout(() => ended || child.kill("SIGKILL"), STOP_LIMIT_MS);
    await status;
    clearTimeout(killer);
  };
  const until = performance.now() + (options.limitMs ?? 15_000);
  while (!(await options.ready().then(() => true, () => false))) {
    if (!ended && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    const how = ended ? "ended" : "did not get ready";
    await stop();
    throw new Error(`${options.command} ${how}: ${await said}`);
  }
  return { pid: child.pid, memory: () => memoryOf(child.pid), stop, [Symbol.asyncDispose]: stop };
}

/** Reads to the end, so that the writer is never blocked, and keeps the last part. */
async function keepTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let kept = "";
  for await (const chunk of stream) {
    kept = (kept + decoder.decode(chunk, { stream: true })).slice(-KEPT_OUTPUT_BYTES);
  }
  return kept.trim();
}

async function memoryOf(pid: number): Promise<Memory> {
  const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(rollup)![1]);
  return { rss: kilobytes("Rss") * 1024, pss: kilobytes("Pss") * 1024 };
}
