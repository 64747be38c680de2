import type { Sandbox } from "./sandbox.ts";

/** A long-running sessionctl, with its lines as they arrive and its end. */
export interface Running {
  readonly lines: string[];
  readonly errors: string[];
  readonly child: Deno.ChildProcess;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number>;
  stop(signal?: Deno.Signal): Promise<number>;
}

/** Starts sessionctl or another program and reads its lines; it ends with the sandbox. */
export function spawn(
  sandbox: Sandbox,
  command: string,
  args: readonly string[],
): Running {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: sandbox.directory,
    env: sandbox.env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const errors: string[] = [];
  const reading = Promise.all([collect(child.stdout, lines), collect(child.stderr, errors)]);
  let running = true;
  const finish = async () => {
    const { code } = await child.status;
    running = false;
    await reading;
    return code;
  };
  const ended = finish();
  const stop = (signal: Deno.Signal = "SIGTERM") => {
    if (running) child.kill(signal);
    return ended;
  };
  sandbox.defer(async () => void await stop("SIGKILL"));
  return { lines, errors, child, ended, stop };
}

async function collect(stream: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    into.push(...lines);
  }
}
