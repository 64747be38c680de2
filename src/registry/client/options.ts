/** Which registry is asked, and how long it may take. */
export interface RegistryClientOptions {
  /** The registry's socket; found by the rules of `registrySocketCandidates` unless given. */
  readonly socket?: string;
  /** The user whose registry is meant, if not this one: it is looked for in that user's places. */
  readonly owner?: number;
  /** How long a request may take, in milliseconds; 2,000 unless told. */
  readonly timeoutMs?: number;
  /**
   * How long a registry that is known to come back is waited for, in milliseconds; 2,000
   * unless told. Where none is running, nobody waits.
   */
  readonly returnMs?: number;
  /** Further user ids whose registries may be used (root in a container). */
  readonly allowOwners?: readonly number[];
  /** Called once when no registry answers; when it resolves, the request is made again. */
  readonly start?: () => Promise<void>;
}
