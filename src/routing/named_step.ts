import { listEditorCandidates } from "../discovery/mod.ts";
import {
  checkSocketPath,
  printablePath,
  SessionctlError,
  type SystemContext,
} from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions, Target } from "./types.ts";

/**
 * Step 1: the window the user named, by its editor socket or a unique part of it.
 *
 * @throws {SessionctlError} `SOCKET_PATH_INVALID`; `NOT_FOUND` when no socket has this
 * part or several have; `EDITOR_GONE`, `FOREIGN_OWNER`, `TIMED_OUT` when it cannot be used.
 */
export async function namedTarget(
  name: string,
  options: RouterOptions,
  context: SystemContext,
  liveness: LivenessCache,
): Promise<Target> {
  const socketPath = name.startsWith("/")
    ? checkSocketPath(name, "--to")
    : await completed(name, options, context);
  const where = `--to ${printablePath(socketPath)}`;
  switch (await liveness.probe(socketPath)) {
    case "live":
      return { socketPath, step: "to", folder: null };
    case "dead":
      throw new SessionctlError("EDITOR_GONE", `${where}: nobody listens there`, {
        hint: "see which windows are live with: sessionctl list",
      });
    case "forbidden":
      throw new SessionctlError("FOREIGN_OWNER", `${where}: belongs to another user`, {
        hint: "give --allow-owner UID if you trust its owner with what you open",
      });
    case "no-editor":
      throw new SessionctlError("EDITOR_REFUSED", `${where}: answers, but is no editor window`, {
        hint: "see which windows are live with: sessionctl list",
      });
    case "unresponsive":
      throw new SessionctlError("TIMED_OUT", `${where}: does not answer`, {
        hint: "the window may be busy or suspended",
      });
  }
}

/** The one socket, registered or discovered, that has `part` in its path. */
async function completed(
  part: string,
  options: RouterOptions,
  context: SystemContext,
): Promise<string> {
  const discovered = listEditorCandidates(context, options.allowOwners);
  const known = new Set(discovered.map(({ socketPath }) => socketPath));
  try {
    const client = new RegistryClient({
      socket: options.registrySocket,
      allowOwners: options.allowOwners,
    });
    for (const { socketPath } of await client.list()) known.add(socketPath);
  } catch (error) {
    if (!(error instanceof SessionctlError)) throw error;
    // Without a registry, what was discovered has to do.
  }
  const matching = [...known].filter((socketPath) => socketPath.includes(part));
  if (matching.length === 1) return matching[0]!;
  const shown = `--to ${JSON.stringify(part)}`;
  if (matching.length === 0) {
    throw new SessionctlError("NOT_FOUND", `${shown}: no editor socket has this in its path`, {
      hint: "name a socket by its absolute path, or a part of one that sessionctl list prints",
    });
  }
  throw new SessionctlError(
    "NOT_FOUND",
    `${shown} is part of ${matching.length} editor sockets: ${
      matching.slice(0, 5).map(printablePath).join(", ")
    }`,
    { hint: "name a longer part" },
  );
}
