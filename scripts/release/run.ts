/** Ends the release with a message. */
export function fail(message: string): never {
  console.error(`release: ${message}`);
  Deno.exit(1);
}

/**
 * Runs a command to its end; the release ends if the command fails or is missing.
 *
 * @param options.neededFor The purpose of the command, for the message if it is missing.
 * @returns its stdout.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; neededFor?: string } = {},
): Promise<string> {
  const { neededFor = "the release", ...rest } = options;
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, {
      args: [...args],
      ...rest,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return fail(
      `${neededFor} needs ${command}, which is not installed\n` +
        `  install it, or leave packages out with: --only archives, --only npm`,
    );
  }
  const decoder = new TextDecoder();
  if (!output.success) fail(`${command} ${args.join(" ")}:\n${decoder.decode(output.stderr)}`);
  return decoder.decode(output.stdout);
}
