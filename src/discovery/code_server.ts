import { codeServerSession } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  codeServerSocketCandidates,
  socketOwnership,
  system,
  type SystemContext,
} from "../platform/mod.ts";

/** Time limit of a registry, in milliseconds, which includes its probes of windows. */
const TIMEOUT_MS = 2000;
/**
 * Maximum number of paths, because a registry answers one at a time and cannot list its windows.
 */
const MAX_PATHS = 32;

/**
 * The editor sockets that code-servers' own registries name, for their latest window and for the
 * given folders. These registries cannot list all their sessions.
 *
 * @param folders Absolute; only the first 31 are looked up.
 * @param allowOwners Further user ids whose registries may be asked (`--allow-owner`).
 */
export async function codeServerWindows(
  folders: readonly string[],
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): Promise<ReadonlySet<string>> {
  const registries = codeServerSocketCandidates(context)
    .filter((registry) => socketOwnership(registry, allowOwners) === "ours");
  const paths = ["/", ...new Set(folders)].slice(0, MAX_PATHS);
  const answers = await Promise.all(
    registries.flatMap((registry) => paths.map((path) => ask(registry, path, allowOwners))),
  );
  return new Set(answers.filter((socketPath) => socketPath !== undefined));
}

/**
 * Asks for one folder. A registry that is gone, hangs or answers with invalid data names no window.
 */
async function ask(
  registry: string,
  folder: string,
  allowOwners: readonly number[],
): Promise<string | undefined> {
  try {
    // In code-server, a folder holds paths that begin with it and a slash.
    return await codeServerSession(registry, `${folder}/.`, {
      timeoutMs: TIMEOUT_MS,
      allowOwners,
    });
  } catch (error) {
    if (error instanceof SessionctlError) return undefined;
    throw error;
  }
}
