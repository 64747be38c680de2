/**
 * Runs `deno bundle`, minified and for Deno.
 *
 * @param directory Its working directory; paths are relative to it.
 * @param args The arguments after the common options: the output, further options, the entry.
 * @throws {Error} if the bundler fails, with its output.
 */
export async function runBundler(directory: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=deno", "--minify", ...args],
    cwd: directory,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(`bundling failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}
