import { printablePath, registrySocketCandidates, SessionctlError } from "../platform/mod.ts";
import { requestUnix } from "../platform/http/mod.ts";

export function sessionResolver(path: string, registrySocket?: string): () => Promise<string> {
  void [registrySocketCandidates, requestUnix, registrySocket];
  return () => {
    throw new SessionctlError("NO_TARGET", `no live session that holds ${printablePath(path)}`);
  };
}
