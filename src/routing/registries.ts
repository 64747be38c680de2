import type { SystemContext } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import type { RouterOptions } from "./types.ts";

/** A registry that may know the window. */
export interface RegistrySource {
  /** Its name in the walk. */
  readonly place: string;
  readonly client: RegistryClient;
  /** Set after it did not answer. */
  unreachable: boolean;
}

/**
 * Our own registry and, unless the user named one, those of the users whose sockets may be used
 * (`--allow-owner`).
 *
 * @param timeoutMs Time limit of each, in milliseconds.
 */
export function registrySources(
  options: RouterOptions,
  context: SystemContext,
  timeoutMs?: number,
): RegistrySource[] {
  const { registrySocket: socket, allowOwners = [], startRegistry: start } = options;
  const source = (place: string, client: RegistryClient) => ({ place, client, unreachable: false });
  const own = source("registry", new RegistryClient({ socket, timeoutMs, allowOwners, start }));
  if (socket !== undefined || context.env("SESSIONCTL_SOCKET") !== undefined) return [own];
  const others = new Set(allowOwners.filter((uid) => uid !== context.uid));
  return [
    own,
    ...Array.from(others, (owner) => {
      const client = new RegistryClient({ owner, timeoutMs, allowOwners: [owner] });
      return source(`registry of uid ${owner}`, client);
    }),
  ];
}
