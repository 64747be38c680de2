import { type EditorLiveness, hasPage, probeEditor } from "../editor/mod.ts";
import { ownershipReason, printablePath, socketOwnership } from "../platform/mod.ts";
import type { Walk } from "./walk.ts";

const OUTCOMES: Readonly<Record<EditorLiveness, string>> = {
  live: "live",
  dead: "dead: no process listens there",
  unresponsive: "does not answer",
  "no-editor": "answers, but is not an editor window",
  forbidden: "belongs to another user, not used (--allow-owner UID allows it)",
};

function outcomeOf(liveness: EditorLiveness, socketPath: string): string {
  const outOfReach = liveness === "forbidden" && socketOwnership(socketPath) !== "foreign";
  return outOfReach ? `${ownershipReason("unreadable")}, not used` : OUTCOMES[liveness];
}

/** Probes each editor at most once in a call, however many paths lead to it. */
export class LivenessCache {
  readonly #found = new Map<string, Promise<EditorLiveness>>();
  readonly #pages = new Map<string, Promise<boolean>>();
  readonly #failed = new Map<string, string>();
  readonly #timeoutMs: number;
  readonly #allowOwners: readonly number[];
  readonly #walk: Walk;

  constructor(timeoutMs: number, allowOwners: readonly number[], walk: Walk) {
    this.#timeoutMs = timeoutMs;
    this.#allowOwners = allowOwners;
    this.#walk = walk;
  }

  probe(socketPath: string): Promise<EditorLiveness> {
    let found = this.#found.get(socketPath);
    if (!found) {
      found = probeEditor(socketPath, {
        timeoutMs: this.#timeoutMs,
        allowOwners: this.#allowOwners,
      });
      this.#found.set(socketPath, found);
    }
    return found;
  }

  /** Whether a live window's page answers. */
  hasPage(socketPath: string): Promise<boolean> {
    const asked = this.#pages.get(socketPath) ??
      hasPage(socketPath, { allowOwners: this.#allowOwners });
    this.#pages.set(socketPath, asked);
    return asked;
  }

  /** Excludes an editor that answered a probe and then did not accept a message. */
  markFailed(socketPath: string, reason: string): void {
    this.#failed.set(socketPath, reason);
    this.#found.set(socketPath, Promise.resolve("dead"));
  }

  /** Why an editor was excluded; undefined if it was not. */
  failureOf(socketPath: string): string | undefined {
    return this.#failed.get(socketPath);
  }

  /** Whether the editor is live. The outcome is noted under `place`. */
  async isLive(socketPath: string, place: string): Promise<boolean> {
    const liveness = await this.probe(socketPath);
    const outcome = this.failureOf(socketPath) ?? outcomeOf(liveness, socketPath);
    this.#walk.note(`${place} ${printablePath(socketPath)}`, outcome);
    return liveness === "live";
  }
}
