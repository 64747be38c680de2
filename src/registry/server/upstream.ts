import { codeServerSession, probeEditor } from "../../editor/mod.ts";
import { messageOf } from "../../errors.ts";
import type { LivenessOptions } from "../index/liveness.ts";
import { UPSTREAM_HEADER } from "../protocol.ts";
import type { Session } from "../session.ts";

/** Other registries that are asked when this one has no live match. */
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

  /** What the first upstream that knows a live session for `path` answers. */
  async find(path: string): Promise<Session | undefined> {
    const answers = [...this.#sockets].map((socket) => this.#ask(socket, path));
    for (const answer of answers) {
      const session = await answer;
      if (session) return session;
    }
    return undefined;
  }

  async #ask(socket: string, path: string): Promise<Session | undefined> {
    try {
      const { timeoutMs, allowOwners } = this.#options;
      const headers = { [UPSTREAM_HEADER]: "1" };
      const socketPath = await codeServerSession(socket, path, { timeoutMs, allowOwners, headers });
      if (socketPath === undefined) return undefined;
      if ((await probeEditor(socketPath, this.#options)) !== "live") return undefined;
      const now = Date.now();
      return { socketPath, kind: "editor", source: "upstream", registeredAt: now, lastSeenAt: now };
    } catch (error) {
      // Never thrown: whoever has an answer from another upstream does not wait for this one.
      this.#onFailure(socket, messageOf(error));
      return undefined;
    }
  }
}
