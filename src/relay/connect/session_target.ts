import { resolve } from "@std/path";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { type RankedSession, RegistryClient } from "../../registry/mod.ts";
import { isCliSocket } from "./unix_connector.ts";

/**
 * Asks the registry, for each connection, for the relay sockets of the live sessions
 * whose folder holds a path. An editor's CLI socket is never given out: whoever
 * reaches it can run commands.
 */
export class SessionTarget {
  readonly #path: string;
  readonly #registry: RegistryClient;
  #reached: string | undefined;

  /** @param registrySocket The registry's socket; found by the usual rules unless given. */
  constructor(path: string, registrySocket?: string) {
    this.#path = path;
    this.#registry = new RegistryClient({ socket: registrySocket });
  }

  /**
   * The sockets to try, the best first. The last is the one that was reached before, for
   * the editor may serve there still: a page that is loaded again has ended its window by
   * then, and registers the next one through the relay. Likewise while no registry answers.
   *
   * @throws {SessionctlError} `NO_TARGET` when there is none, or why the registry cannot be asked.
   */
  async sockets(): Promise<string[]> {
    const sockets = new Set<string>();
    const candidates = await this.#candidates();
    // Of any window: a session may name whatever it likes as its relay socket.
    const editors = new Set(candidates.map(({ session }) => resolve(session.socketPath)));
    for (const { session: { relaySocket }, folder, liveness } of candidates) {
      if (folder === null || liveness !== "live" || relaySocket === undefined) continue;
      if (!editors.has(resolve(relaySocket)) && !isCliSocket(relaySocket)) sockets.add(relaySocket);
    }
    if (this.#reached !== undefined) sockets.add(this.#reached);
    if (sockets.size > 0) return [...sockets];
    throw new SessionctlError(
      "NO_TARGET",
      `no live session for ${printablePath(this.#path)} has a relay socket ` +
        "(use --to SOCKET for the first page of an editor, before it has a window)",
    );
  }

  async #candidates(): Promise<RankedSession[]> {
    try {
      return await this.#registry.candidates(this.#path);
    } catch (error) {
      if (this.#reached !== undefined && errnoOf(error) === "REGISTRY_UNREACHABLE") return [];
      throw error;
    }
  }

  /** Says which of them accepted. */
  reached(socket: string): void {
    this.#reached = socket;
  }
}
