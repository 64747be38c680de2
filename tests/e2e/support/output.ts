import { assertEquals } from "@std/assert";
import type { Sandbox } from "../../support/mod.ts";

/** Runs a command that must succeed in the sandbox's environment, and returns its stdout. */
export async function output(
  { directory, env }: Sandbox,
  command: string,
  args: readonly string[],
): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: directory,
    env,
    clearEnv: true,
    stdin: "null",
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, `${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
