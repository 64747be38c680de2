import { resolve } from "@std/path";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { type RankedSession, RegistryClient } from "../../registry/mod.ts";
import { isCliSocket } from "./unix_connector.ts";

/**
 * Asks the registry, for each connection, for the relay sockets of the live sessions whose folder
 * contains a path. It never returns an editor's CLI socket, because clients of that can run
 * commands.
 */
export class SessionTarget {
  readonly #path: string;
  readonly #registry: RegistryClient;
  #reached: string | undefined;

  /** @param registrySocket The registry's socket; found by the usual rules by default. */
  constructor(path: string, registrySocket?: string) {
    this.#path = path;
    this.#registry = new RegistryClient({ socket: registrySocket });
  }

  /**
   * The sockets to try, best first. The last is the one that was reached before, because the editor
   * may still serve there: a page that reloads has ended its window by then and registers the next
   * one through the relay. The same applies while no registry answers.
   *
   * @throws {SessionctlError} `NO_TARGET` when there is none, or why the registry cannot be asked.
   */
  async sockets(): Promise<string[]> {
    const sockets = new Set<string>();
    const candidates = await this.#candidates();
    // Of every window, because a session may name any path as its relay socket.
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

  /** Records the socket that accepted. */
  reached(socket: string): void {
    this.#reached = socket;
  }
}
