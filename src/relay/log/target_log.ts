/** The record of one target of a relay. */
export interface TargetState {
  /** The path of a Unix socket, or `HOST:PORT`. */
  readonly name: string;
  /** Number of connections that it has accepted, including health checks. */
  readonly reached: number;
  readonly failed: number;
  /** Time of the last accepted connection, in milliseconds since the epoch. */
  readonly reachedAt?: number;
  readonly lastError?: { readonly at: number; readonly message: string };
}

/** Maximum number of targets: a session has a new socket for each start of its editor. */
const MAX_TARGETS = 64;

/** Records how the targets of a relay responded. */
export class TargetLog {
  readonly #targets = new Map<string, TargetState>();
  readonly #most: number;

  /** @param names The targets that are known in advance. */
  constructor(names: readonly string[] = []) {
    this.#most = MAX_TARGETS + names.length;
    for (const name of names) this.#set({ name, reached: 0, failed: 0 });
  }

  /** Records that a target accepted a connection. */
  reached(name: string): void {
    const state = this.#stateOf(name);
    this.#set({ ...state, reached: state.reached + 1, reachedAt: Date.now() });
  }

  /** Records why a target did not accept a connection. */
  failed(name: string, message: string): void {
    const state = this.#stateOf(name);
    const lastError = { at: Date.now(), message };
    this.#set({ ...state, failed: state.failed + 1, lastError });
  }

  list(): TargetState[] {
    return [...this.#targets.values()];
  }

  #stateOf(name: string): TargetState {
    return this.#targets.get(name) ?? { name, reached: 0, failed: 0 };
  }

  #set(state: TargetState): void {
    if (!this.#targets.has(state.name) && this.#targets.size >= this.#most) {
      this.#targets.delete(this.#targets.keys().next().value!);
    }
    this.#targets.set(state.name, state);
  }
}
