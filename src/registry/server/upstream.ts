import { delay } from "@std/async/delay";
import { probeEditor, sessionAnswer } from "../../editor/mod.ts";
import { messageOf } from "../../errors.ts";
import { compareFocus, readFocus } from "../focus.ts";
import type { LivenessOptions } from "../index/liveness.ts";
import { UPSTREAM_HEADER } from "../protocol.ts";
import type { Session } from "../session.ts";

/** After the first answer of an upstream, how long the others may take to name a better window. */
const PATIENCE_MS = 100;

/**
 * A window of an upstream, with the depth of its folder, or 0 if the upstream does not report it.
 */
interface Found {
  readonly session: Session;
  readonly depth: number;
}

/** Other registries, asked when this one has no live match. */
export class Upstreams {
  readonly #sockets: Set<string>;
  readonly #options: LivenessOptions;
  readonly #onFailure: (socket: string, reason: string) => void;

  constructor(
    sockets: readonly string[],
    options: LivenessOptions,
    onFailure: (socket: string, reason: string) => void = () => {},
  ) {
    this.#sockets = new Set(sockets);
    this.#options = options;
    this.#onFailure = onFailure;
  }

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: string): void {
    this.#sockets.add(socket);
  }

  delete(socket: string): void {
    this.#sockets.delete(socket);
  }

  /**
   * Returns the best answer of the upstreams: the window with the deepest folder, then by focus,
   * then that of the first upstream.
   */
  async find(path: string): Promise<Session | undefined> {
    const found: (Found | undefined)[] = [];
    const answers = [...this.#sockets].map(async (socket, at) => {
      found[at] = await this.#ask(socket, path);
      return found[at];
    });
    const all = Promise.all(answers);
    const known = Promise.any(
      answers.map((answer) => answer.then((one) => one ?? Promise.reject())),
    );
    const over = new AbortController();
    const late = known.then(() => delay(PATIENCE_MS, { signal: over.signal }), () => all);
    await Promise.race([all, late]);
    over.abort();
    late.catch(() => {});
    return found.filter((one) => one !== undefined)
      .sort((a, b) => b.depth - a.depth || compareFocus(a.session, b.session))[0]?.session;
  }

  async #ask(socket: string, path: string): Promise<Found | undefined> {
    try {
      const { timeoutMs, allowOwners } = this.#options;
      const headers = { [UPSTREAM_HEADER]: "1" };
      const answer = await sessionAnswer(socket, path, { timeoutMs, allowOwners, headers });
      if (answer === undefined) return undefined;
      const { socketPath, folder } = answer;
      if ((await probeEditor(socketPath, this.#options)) !== "live") return undefined;
      const now = Date.now();
      const focus = readFocus(answer, "", now);
      const times = { registeredAt: now, lastSeenAt: now };
      return {
        session: { socketPath, kind: "editor", source: "upstream", ...focus, ...times },
        depth: typeof folder === "string" ? folder.split("/").length : 0,
      };
    } catch (error) {
      // An error is only reported, so that an answer from another upstream does not wait for this
      // one.
      this.#onFailure(socket, messageOf(error));
      return undefined;
    }
  }
}
