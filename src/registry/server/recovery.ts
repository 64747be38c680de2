import { messageOf } from "../../errors.ts";
import type { Registry } from "./registry.ts";
import type { SessionEntry } from "../session.ts";
import { plural } from "../store/loss.ts";

/** Registers live windows that have no session, after sessions were lost. */
export class Recovery {
  /** Resolves when all of them are registered. */
  readonly done: Promise<void>;
  #recovered = 0;
  #stopped = false;

  /** @param findWindows Finds live windows by other means than the registry. */
  constructor(
    registry: Registry,
    findWindows: () => Promise<SessionEntry[]>,
    log: (message: string) => void,
  ) {
    this.done = this.#run(registry, findWindows).then(
      () => log(`found ${plural(this.#recovered, "live window")} without a session`),
      (error) => log(`cannot search for windows without a session: ${messageOf(error)}`),
    );
  }

  /** Number of windows registered so far. */
  get recovered(): number {
    return this.#recovered;
  }

  async #run(registry: Registry, findWindows: () => Promise<SessionEntry[]>): Promise<void> {
    for (const entry of await findWindows()) {
      if (this.#stopped) return;
      if (registry.has(entry.socketPath)) continue;
      await registry.add(entry);
      this.#recovered++;
    }
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.done;
  }
}
