/** A stand-in of a bench, which runs as a separate process. */
export interface StandIn extends AsyncDisposable {
  /** The lines it printed before `ready`. */
  readonly lines: readonly string[];
  /** Ends it with SIGTERM. */
  stop(): Promise<void>;
}

/**
 * Starts a stand-in and waits until it prints the line `ready`.
 *
 * @param options.env The whole environment; by default, that of the bench.
 * @throws {Error} naming the command if it ends before that.
 * @example
 * ```ts
 * await using crowd = await startStandIn("bash", ["-c", "echo $$; echo ready; sleep 60"]);
 * console.log(crowd.lines); // ["4711"]
 * ```
 */
export async function startStandIn(
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<StandIn> {
  const child = new Deno.Command(command, {
    ...options,
    args: [...args],
    clearEnv: options.env !== undefined,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const stop = async () => {
    child.kill("SIGTERM");
    await child.status;
  };
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    const lines = said.split("\n");
    const end = lines.indexOf("ready");
    if (end >= 0) return { lines: lines.slice(0, end), stop, [Symbol.asyncDispose]: stop };
  }
  await child.status;
  throw new Error(`${[command, ...args].join(" ")}: ended before it was ready`);
}
