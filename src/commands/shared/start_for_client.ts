import { asUnreachable, startRegistry } from "../../background/mod.ts";
import type { CommandContext } from "../../cli/mod.ts";

/**
 * Starts the registry that a client command did not find.
 *
 * @param tells Whether to print the reason of a failure, which the caller will not do.
 */
export async function startForClient(
  { output, socket }: Pick<CommandContext, "output" | "socket">,
  tells: boolean,
): Promise<void> {
  try {
    const { socketPath, pid, alreadyRunning } = await startRegistry({
      socket,
      note: (message) => output.note(message),
    });
    if (alreadyRunning) return;
    output.note(`started a registry in the background on ${socketPath} (pid ${pid})`);
  } catch (error) {
    const failure = asUnreachable(error);
    if (tells) output.note(`${failure.message}\n  ${failure.hint ?? ""}`.trimEnd());
    throw failure;
  }
}
