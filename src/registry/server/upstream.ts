import { isAbsolute } from "@std/path/posix";
import { requestUnix, type UnixResponse } from "../../http/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { probeEditor } from "../../editor/mod.ts";
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
      const answer = await requestUnix(socket, {
        method: "GET",
        target: `/session?filePath=${encodeURIComponent(path)}`,
        headers: { [UPSTREAM_HEADER]: "1" },
        timeoutMs: this.#options.timeoutMs,
        allowOwners: this.#options.allowOwners,
      });
      const socketPath = socketPathIn(socket, answer);
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

/** What an upstream answered, which may be anything; undefined when it knows no session. */
function socketPathIn(socket: string, answer: UnixResponse): string | undefined {
  const nonsense = (what: string) =>
    new SessionctlError("INVALID_MESSAGE", `${printablePath(socket)}: it answered ${what}`);
  if (answer.status !== 200) throw nonsense(`with status ${answer.status}`);
  let value: unknown;
  try {
    value = answer.json();
  } catch {
    throw nonsense("with invalid JSON");
  }
  if (typeof value !== "object" || value === null) throw nonsense("without a JSON object");
  const { socketPath } = value as { socketPath?: unknown };
  if (socketPath === undefined || socketPath === null) return undefined;
  if (typeof socketPath === "string" && isAbsolute(socketPath)) return socketPath;
  throw nonsense("with an invalid socket path");
}
