import { join, resolve } from "@std/path";
import { type RunningServer, startServer } from "./process.ts";

const root = resolve(import.meta.dirname!, "../../..");

/** The compiled binary, which the benches measure. */
export const SESSIONCTL = join(root, "dist", "sessionctl");

/** Connects once, to check whether a process listens. */
export async function connectOnce(socket: string): Promise<void> {
  (await Deno.connect({ transport: "unix", path: socket })).close();
}

/** The arguments that run one of the benches' scripts as a process; the script's own follow. */
export function scriptArguments(file: string): string[] {
  return ["run", "--quiet", "--no-check", "--allow-all", "--no-config", file];
}

/** Starts an editor's stand-in on `socket`. */
export function startFakeEditor(socket: string): Promise<RunningServer> {
  const script = join(import.meta.dirname!, "fake_editor.ts");
  return startServer({
    command: Deno.execPath(),
    args: [...scriptArguments(script), socket],
    ready: () => connectOnce(socket),
  });
}

/** Starts the compiled binary's `serve` with its state on disk in `directory`. */
export function startRegistry(
  socket: string,
  directory: string,
  ...options: string[]
): Promise<RunningServer> {
  return startServer({
    command: SESSIONCTL,
    args: ["serve", "--socket", socket, "--state", join(directory, "registry.db"), ...options],
    env: { HOME: directory, XDG_RUNTIME_DIR: directory, XDG_STATE_HOME: directory },
    cwd: directory,
    ready: () => connectOnce(socket),
  });
}

/** The number in a program's version output. */
export async function versionOf(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  // nginx and stunnel print their versions on stderr.
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  return /[0-9]+(\.[0-9]+)+[^ \n]*/.exec(said)?.[0] ?? "unknown";
}

/**
 * Runs a program once. It must succeed.
 *
 * @returns its time from the spawn to the exit, in milliseconds.
 */
export function timeProcess(
  command: string,
  args: readonly string[],
  { env, cwd }: { readonly env: Readonly<Record<string, string>>; readonly cwd?: string },
): number {
  const process = new Deno.Command(command, {
    args: [...args],
    env,
    clearEnv: true,
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const started = performance.now();
  // Nothing else in this process runs meanwhile, so the end is noticed without delay.
  const { success, stderr } = process.outputSync();
  const time = performance.now() - started;
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
  return time;
}
