import { join } from "@std/path";
import { CACHE } from "./places.ts";

const SHOWN_LINES = 15;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a command to its end; its output goes to the cache's `install.log`.
 *
 * @returns its stdout.
 * @throws {Error} with the end of its output, if it fails or does not exist.
 */
export async function runLogged(
  command: string,
  args: readonly string[],
  { cwd, env }: CommandOptions = {},
): Promise<string> {
  const line = `${command} ${args.join(" ")}`;
  const result = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  const stdout = decoder.decode(result.stdout);
  const all = stdout + decoder.decode(result.stderr);
  await Deno.mkdir(CACHE, { recursive: true });
  const log = join(CACHE, "install.log");
  await Deno.writeTextFile(log, `$ ${line}\n${all}\n`, { append: true });
  if (result.success) return stdout;
  const end = all.trim().split("\n").slice(-SHOWN_LINES).join("\n");
  throw new Error(`${line} failed (exit code ${result.code}; all of it: ${log})\n${end}`);
}

/** Whether a command can be run and succeeds. */
export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  try {
    const child = new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return (await child.output()).success;
  } catch (error) {
    const { NotFound, PermissionDenied } = Deno.errors;
    if (error instanceof NotFound || error instanceof PermissionDenied) return false;
    throw error;
  }
}
