import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import {
  type FindAnswer,
  findAtHome,
  type LinkSocket,
  linkSockets,
  noteUse,
  removeDeadLink,
} from "../links/mod.ts";
import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { LinkDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import { isMultiplexed } from "./pages.ts";
import type { Walk } from "./walk.ts";

type Answer = FindAnswer | undefined;

/** Step 7: the machines at the other end of the ssh connections to this one, then the fleet. */
export class LinkStep {
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #links: readonly LinkSocket[];
  readonly #written: ReadonlyMap<string, string>;
  readonly #answers = new Map<string, Promise<Answer>>();

  constructor(
    context: SystemContext,
    walk: Walk,
    liveness: LivenessCache,
    registrySocket: string | undefined,
    written: ReadonlyMap<string, string>,
  ) {
    this.#written = written;
    this.#walk = walk;
    this.#liveness = liveness;
    this.#links = linkSockets(context, isMultiplexed(context), registrySocket);
  }

  /** The first link with a window at its other end that holds one of the paths. */
  async matching(paths: readonly string[]): Promise<LinkDestination | undefined> {
    return await this.#first(paths, ({ window }) => window?.folder != null);
  }

  /** The first link with an editor at its other end that can show the paths. */
  async mostRecent(paths: readonly string[]): Promise<LinkDestination | undefined> {
    return await this.#first(paths, ({ window }) => window !== null);
  }

  /**
   * The editor at the other end of the link whose socket `--to` names.
   *
   * @returns undefined if it is not the socket of a link.
   * @throws {SessionctlError} `EDITOR_GONE` if no editor answers there.
   */
  async named(linkSocket: string): Promise<LinkDestination | undefined> {
    const links = this.#links.filter(({ path, isFleet }) => path === linkSocket && !isFleet);
    if (links.length === 0) return undefined;
    const found = await this.#first(["/"], ({ window }) => window !== null, links);
    if (found !== undefined) return { ...found, folder: null, step: "to" };
    const where = `--to ${printablePath(linkSocket)}`;
    throw new SessionctlError(
      "EDITOR_GONE",
      `${where}: no editor answers at the end of this link`,
      {
        hint: "to see the links, run: sessionctl list --all",
      },
    );
  }

  /** Asks all these links at once, and waits for their answers in order. */
  async #first(
    paths: readonly string[],
    isWanted: (answer: FindAnswer) => boolean,
    links = this.#links,
  ): Promise<LinkDestination | undefined> {
    const asked = links.map((link) => ({ link, answer: this.#ask(link, paths) }));
    for (const { link, answer } of asked) {
      const found = await answer;
      const failure = this.#liveness.failureOf(link.path);
      const place = placeOf(link);
      if (failure !== undefined) this.#walk.note(place, failure);
      if (found === undefined || failure !== undefined) continue;
      const { home, authority, window } = found;
      if (isWanted(found) && window !== null) {
        const host = printablePath(home.host);
        this.#walk.note(place, `live, ${printablePath(window.name)} on ${host} is taken`);
        const { folder, name: editorName } = window;
        const linkSocket = link.path;
        const step = link.isFleet ? "fleet" : "link";
        return { kind: "link", linkSocket, step, folder, host, authority, editorName };
      }
      const shown = paths.map(printablePath).join(", ");
      this.#walk.note(place, `live, no window there has ${shown}`);
    }
    return undefined;
  }

  #ask(link: LinkSocket, paths: readonly string[]): Promise<Answer> {
    const key = `${link.path}\n${paths.join("\n")}`;
    const asked = this.#answers.get(key) ?? this.#find(link, paths);
    this.#answers.set(key, asked);
    return asked;
  }

  async #find(link: LinkSocket, paths: readonly string[]): Promise<Answer> {
    try {
      const named = paths.flatMap((path) => [path, this.#written.get(path) ?? []].flat());
      const answer = await findAtHome(link.path, named.slice(0, MAX_PATHS));
      if (link.usedAt === 0) noteUse(link, true);
      return answer;
    } catch (error) {
      if (hasCode(error, "CONNECTION_REFUSED")) removeDeadLink(link);
      else noteUse(link, false);
      const dead = hasCode(error, "CONNECTION_REFUSED", "SOCKET_MISSING");
      const ended = link.isFleet ? "its registry has ended" : "its ssh connection has ended";
      this.#walk.note(placeOf(link), dead ? ended : messageOf(error));
      return undefined;
    }
  }
}

/** Maximum number of paths that the other end accepts; a merge has four. */
const MAX_PATHS = 16;

function placeOf({ path, isFleet }: LinkSocket): string {
  return `${isFleet ? "fleet" : "link"} ${printablePath(path)}`;
}
