import { codeServerSession } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  codeServerSocketCandidates,
  socketOwnership,
  system,
  type SystemContext,
} from "../platform/mod.ts";

/** How long a registry may take, in milliseconds; it probes its windows meanwhile. */
const TIMEOUT_MS = 2000;
/** A registry answers one path at a time and cannot list its windows, so many would take long. */
const MAX_PATHS = 32;

/**
 * The editor sockets that code-servers' own registries name: each for its latest window, and for
 * the folders given. These registries cannot be asked for all they know.
 *
 * @param folders Absolute; those beyond 31 are not asked for.
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

/** A registry that is gone, hangs or answers with nonsense names no window. */
async function ask(
  registry: string,
  folder: string,
  allowOwners: readonly number[],
): Promise<string | undefined> {
  try {
    // Its folders hold what begins with them and a slash.
    return await codeServerSession(registry, `${folder}/.`, {
      timeoutMs: TIMEOUT_MS,
      allowOwners,
    });
  } catch (error) {
    if (error instanceof SessionctlError) return undefined;
    throw error;
  }
}
