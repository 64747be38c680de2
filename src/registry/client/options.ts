/** Which registry a client asks, and how long it waits. */
export interface RegistryClientOptions {
  /** The registry's socket; by default, the first usable path of `registrySocketCandidates`. */
  readonly socket?: string;
  /** The user id of the registry's owner, if not this user; sets the paths that are tried. */
  readonly owner?: number;
  /** Time limit of a request, in milliseconds; 2,000 by default. */
  readonly timeoutMs?: number;
  /**
   * How long to wait for a registry that is known to come back, in milliseconds; 2,000 by default.
   * Without a registry running, requests fail at once.
   */
  readonly returnMs?: number;
  /** Further user ids whose registries may be used (root in a container). */
  readonly allowOwners?: readonly number[];
  /** Called once when no registry answers; when it resolves, the request is repeated. */
  readonly start?: () => Promise<void>;
}
