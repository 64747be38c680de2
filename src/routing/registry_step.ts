import { codeServerSession, type EditorLiveness } from "../editor/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import {
  codeServerSocketCandidates,
  ownershipReason,
  printablePath,
  socketOwnership,
  type SystemContext,
  systemOf,
} from "../platform/mod.ts";
import {
  compareFocus,
  type ListedSession,
  type RankedSession,
  workspaceFolders,
} from "../registry/mod.ts";
import type { LivenessCache } from "./liveness.ts";
import { type RegistrySource, registrySources } from "./registries.ts";
import type { EditorDestination } from "./destination.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";
import { withPage } from "./pages.ts";

/** Time limit of a registry, in milliseconds, which includes its probes of editors. */
const REGISTRY_TIMEOUT_MS = 2000;
/** Number of requested sessions that do not hold the path: one to fall back to, and spares. */
const FALLBACK_SESSIONS = 8;

/** Less than the depth of any folder. */
const NO_FOLDER = -1;

function depthOf({ folder }: { readonly folder: string | null }): number {
  return folder?.length ?? NO_FOLDER;
}

/** Step 3: the registries. Each is asked at most once for the same path. */
export class RegistryStep {
  readonly #sources: readonly RegistrySource[];
  readonly #options: RouterOptions;
  readonly #context: SystemContext;
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #answers = new Map<string, Promise<readonly RankedSession[]>>();

  constructor(
    options: RouterOptions,
    context: SystemContext,
    walk: Walk,
    liveness: LivenessCache,
  ) {
    this.#sources = registrySources(options, context, REGISTRY_TIMEOUT_MS);
    this.#options = options;
    this.#context = context;
    this.#walk = walk;
    this.#liveness = liveness;
  }

  /** A live session whose folder holds one of the paths, tried in order. */
  async matching(paths: readonly string[]): Promise<EditorDestination | undefined> {
    for (const path of paths) {
      const ranked = await this.#candidates(path, 0);
      const target = await this.#take(ranked.filter(({ folder }) => folder !== null));
      if (target) return target;
      for (const { place, unreachable } of this.#sources) {
        if (!unreachable) this.#walk.note(place, `no live window has ${printablePath(path)}`);
      }
    }
    return undefined;
  }

  /** The most recently registered live session, regardless of its folder. */
  async mostRecent(paths: readonly string[]): Promise<EditorDestination | undefined> {
    return await this.#take(await this.#candidates(paths[0]!, FALLBACK_SESSIONS));
  }

  /** The folder of a registered session that holds one of the paths. */
  async folderOf(socketPath: string, paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) {
      for (const { session, folder } of await this.#candidates(path, 0)) {
        if (session.socketPath === socketPath && folder !== null) return folder;
      }
    }
    return undefined;
  }

  /** The editor sockets of registered windows whose folders are known. */
  async withFolders(): Promise<ReadonlySet<string>> {
    const sessions = await this.sessions();
    const known = sessions.filter(({ workspace }) => workspaceFolders(workspace).length > 0);
    return new Set(known.map(({ socketPath }) => socketPath));
  }

  /** All registered sessions, live or not. */
  async sessions(): Promise<readonly ListedSession[]> {
    const lists = this.#sources.map((source) => this.#asked(source, ({ client }) => client.list()));
    return (await Promise.all(lists)).flat();
  }

  /**
   * The answer of code-server's own registry, which may be a window that does not hold the path.
   */
  async codeServer(paths: readonly string[]): Promise<EditorDestination | undefined> {
    const place = "code-server's registry";
    if (this.#options.strict) {
      this.#walk.note(place, "does not name the folders of a window, not used with --strict");
      return undefined;
    }
    for (const registry of this.#codeServers()) {
      const where = `${place} ${printablePath(registry)}`;
      const socketPath = await this.#askCodeServer(registry, paths[0]!, where);
      if (socketPath === undefined) continue;
      if (await this.#liveness.isLive(socketPath, "code-server session")) {
        return { kind: "editor", socketPath, step: "code-server", folder: null };
      }
    }
    return undefined;
  }

  #codeServers(): string[] {
    const { allowOwners = [] } = this.#options;
    const contexts = [this.#context, ...allowOwners.map((uid) => systemOf(uid, this.#context))];
    return [...new Set(contexts.flatMap((context) => codeServerSocketCandidates(context)))];
  }

  /** @param others Maximum number of sessions that do not hold the path; each costs a probe. */
  #candidates(path: string, others: number): Promise<readonly RankedSession[]> {
    const key = `${others} ${path}`;
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = this.#ask(path, others);
      this.#answers.set(key, answer);
    }
    return answer;
  }

  async #ask(path: string, others: number): Promise<readonly RankedSession[]> {
    const answers = this.#sources.map((source) =>
      this.#asked(source, ({ client }) => client.candidates(path, { limit: others }))
    );
    const ranked = (await Promise.all(answers)).flat();
    if (this.#sources.length === 1) return ranked;
    // Each registry ranks its own sessions; across registries, the deepest folder ranks first.
    return ranked.sort((a, b) => depthOf(b) - depthOf(a) || compareFocus(a.session, b.session));
  }

  async #asked<T>(
    source: RegistrySource,
    ask: (source: RegistrySource) => Promise<T[]>,
  ): Promise<T[]> {
    if (source.unreachable) return [];
    try {
      return await ask(source);
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      source.unreachable = error.code !== "REGISTRY_ERROR";
      this.#walk.note(source.place, error.message);
      if (error.code === "TIMED_OUT") this.#walk.passOver(source.place);
      return [];
    }
  }

  /**
   * Chooses a window. The registry has just probed them, so live ones are not probed again. One that
   * did not answer it in time is, if it is the right one: it may only be busy.
   */
  async #take(ranked: readonly RankedSession[]): Promise<EditorDestination | undefined> {
    const late = this.#lateHolders(ranked);
    const usable: { socketPath: string; folder: string | null; place: string }[] = [];
    for (const candidate of ranked) {
      const { session: { socketPath }, folder, liveness } = candidate;
      const place = `registered ${printablePath(socketPath)}`;
      const ownership = socketOwnership(socketPath, this.#options.allowOwners);
      const failure = this.#liveness.failureOf(socketPath);
      if (ownership === "foreign" || ownership === "unreadable") {
        this.#walk.note(place, `${ownershipReason(ownership)}, not used`);
      } else if (ownership !== "ours" || failure !== undefined) {
        this.#walk.note(place, failure ?? "dead");
      } else if (liveness === "live" || await late.get(candidate) === "live") {
        usable.push({ socketPath, folder, place });
      } else {
        this.#walk.note(place, "does not answer");
        if (late.has(candidate)) {
          this.#walk.passOver(`the window that has ${printablePath(folder!)}`);
        }
      }
    }
    if (late.size > 0) usable.sort((a, b) => depthOf(b) - depthOf(a));
    const taken = await withPage(usable, this.#liveness, this.#walk);
    if (taken === undefined) return undefined;
    const { socketPath, folder, place } = taken;
    this.#walk.note(place, folder === null ? "live" : `live, has ${printablePath(folder)}`);
    return { kind: "editor", socketPath, step: "registry", folder };
  }

  /**
   * Probes the windows that did not answer the registry, although they hold the path in a deeper
   * folder than any live one. All are probed at once, with our own time limit, which is longer.
   */
  #lateHolders(ranked: readonly RankedSession[]): Map<RankedSession, Promise<EditorLiveness>> {
    const live = ranked.filter(({ liveness }) => liveness === "live");
    const deepest = Math.max(NO_FOLDER, ...live.map(depthOf));
    const late = ranked.filter((one) => one.liveness !== "live" && depthOf(one) > deepest);
    return new Map(late.map((one) => [one, this.#liveness.probe(one.session.socketPath)]));
  }

  async #askCodeServer(
    registry: string,
    path: string,
    place: string,
  ): Promise<string | undefined> {
    const ownership = socketOwnership(registry, this.#options.allowOwners);
    if (ownership !== "ours") {
      this.#walk.note(place, ownershipReason(ownership));
      return undefined;
    }
    try {
      const socketPath = await codeServerSession(registry, path, {
        timeoutMs: REGISTRY_TIMEOUT_MS,
        allowOwners: this.#options.allowOwners,
      });
      if (socketPath !== undefined) return socketPath;
      this.#walk.note(place, "is running but has no window: open its page in a browser");
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      this.#walk.note(place, messageOf(error));
    }
    return undefined;
  }
}
