import { signalProcess } from "../platform/processes.ts";
import type { ChildExit } from "./types.ts";

/** Those that end a process without writing its memory to a file. */
const CLEAN: readonly (Deno.Signal | null)[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"];
const WAIT_MS = 200;

/**
 * Ends this process by the signal that ended the child, so that whoever started us sees
 * what it would have seen of the child. No handler for that signal may be left.
 *
 * @returns the exit code, where the child ended by itself or by a signal that would leave a
 * core file.
 */
export async function endLike({ code, signal }: ChildExit): Promise<number> {
  if (!CLEAN.includes(signal)) return code;
  signalProcess(Deno.pid, signal!);
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  return code;
}
