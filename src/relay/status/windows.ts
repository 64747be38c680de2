import { RegistryClient, workspaceFolders } from "../../registry/mod.ts";
import type { EditorWindow } from "./snapshot.ts";

/** Time limit for the registry's answer, in milliseconds; a person waits for the page. */
const ASK_MS = 1_000;
const MOST_WINDOWS = 200;

/**
 * The windows whose editors the relay serves, from the registry.
 *
 * @param targets The sockets that the relay connects to.
 * @param socket The registry's socket; found by the usual rules by default.
 * @returns undefined if no registry answers in time.
 */
export async function windowsBehind(
  targets: readonly string[],
  socket: string | undefined,
): Promise<EditorWindow[] | undefined> {
  const registry = new RegistryClient({ socket, timeoutMs: ASK_MS, returnMs: 0 });
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ASK_MS);
  try {
    const sessions = await Promise.race([registry.list(), late.promise]);
    return sessions?.flatMap(({ relaySocket, workspace, kind, liveness, socketPath }) =>
      relaySocket !== undefined && targets.includes(relaySocket)
        ? [{ folders: workspaceFolders(workspace), kind, liveness, socketPath, relaySocket }]
        : []
    ).slice(0, MOST_WINDOWS);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
