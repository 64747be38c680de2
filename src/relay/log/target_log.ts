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

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Records how the targets of a relay responded. */
export class TargetLog {
  readonly #targets = new Map<string, Writable<TargetState>>();
  readonly #most: number;

  /** @param names The targets that are known in advance. */
  constructor(names: readonly string[] = []) {
    this.#most = MAX_TARGETS + names.length;
    for (const name of names) this.#stateOf(name);
  }

  /** Records that a target accepted a connection. */
  reached(name: string): void {
    const state = this.#stateOf(name);
    state.reached++;
    state.reachedAt = Date.now();
  }

  /** Records why a target did not accept a connection. */
  failed(name: string, message: string): void {
    const state = this.#stateOf(name);
    state.failed++;
    state.lastError = { at: Date.now(), message };
  }

  list(): TargetState[] {
    return Array.from(this.#targets.values(), (state) => ({ ...state }));
  }

  #stateOf(name: string): Writable<TargetState> {
    const known = this.#targets.get(name);
    if (known) return known;
    if (this.#targets.size >= this.#most) {
      this.#targets.delete(this.#targets.keys().next().value!);
    }
    const state = { name, reached: 0, failed: 0 };
    this.#targets.set(name, state);
    return state;
  }
}
