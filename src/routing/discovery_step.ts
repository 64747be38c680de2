import { type EditorCandidate, findEditorSockets, listEditorCandidates } from "../discovery/mod.ts";
import { firstLive } from "../editor/mod.ts";
import {
  CLI_SOCKET_NAME,
  editorSocketPlaces,
  isWithin,
  printablePath,
  type SystemContext,
} from "../platform/mod.ts";
import type { LivenessCache } from "./liveness.ts";
import type { EditorDestination } from "./destination.ts";
import type { Walk } from "./walk.ts";
import { withPage } from "./pages.ts";

/** Enough for all windows of one user, so that hung ones cost one time limit together. */
const PROBES_AT_ONCE = 64;
/** How long to wait for a window before the next ones are probed, too, in milliseconds. */
const PATIENCE_MS = 30;

/** Whether this user has a socket file of an editor in the usual directories. */
export function hasEditorSockets(
  context: SystemContext,
  allowOwners: readonly number[] | undefined,
): boolean {
  return findEditorSockets(context, CLI_SOCKET_NAME, allowOwners).length > 0;
}

/** Step 5: editor sockets that are not registered. */
export class DiscoveryStep {
  readonly #context: SystemContext;
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #allowOwners: readonly number[];
  readonly #candidates: readonly EditorCandidate[];

  /**
   * Examines every process, once.
   *
   * @param allowOwners Further user ids whose processes and sockets count.
   * @param withFolders Editor sockets whose folders a registry knows; the working folders of their
   * processes do not count.
   */
  constructor(
    context: SystemContext,
    allowOwners: readonly number[],
    walk: Walk,
    liveness: LivenessCache,
    withFolders: ReadonlySet<string>,
  ) {
    this.#context = context;
    this.#walk = walk;
    this.#liveness = liveness;
    this.#allowOwners = allowOwners;
    this.#candidates = listEditorCandidates(context, allowOwners).map((candidate) =>
      withFolders.has(candidate.socketPath) ? { ...candidate, folders: [] } : candidate
    );
  }

  /** The live editor whose processes work in the deepest folder that holds one of the paths. */
  async matching(paths: readonly string[]): Promise<EditorDestination | undefined> {
    const all = this.#candidates;
    if (all.length === 0) {
      const places = editorSocketPlaces(this.#context, this.#allowOwners).join(", ");
      this.#walk.note("discovered editor sockets", `none in ${places}`);
      return undefined;
    }
    for (const path of paths) {
      const candidates = holders(all, path);
      const found = await this.#firstLive(candidates);
      await this.#passOverHung(candidates, found?.folder);
      if (found) return { kind: "editor", ...found, step: "discovery" };
    }
    const shown = paths.map(printablePath).join(", ");
    this.#walk.note(
      "discovered editor sockets",
      `of ${all.length}, no live one works in a folder that contains ${shown}`,
    );
    return undefined;
  }

  /** Passes over the candidates that hang, and hold the path in a deeper folder than `folder`. */
  async #passOverHung(
    candidates: readonly { socketPath: string; folder: string }[],
    folder = "",
  ): Promise<void> {
    for (const { socketPath, folder: own } of candidates) {
      if (own.length <= folder.length) return;
      if (await this.#liveness.probe(socketPath) !== "unresponsive") continue;
      this.#walk.passOver(`the window that works in ${printablePath(own)}`);
    }
  }

  /** The most recent live editor socket. */
  async mostRecent(): Promise<EditorDestination | undefined> {
    const found = await this.#firstLive(this.#candidates);
    return found &&
      { kind: "editor", socketPath: found.socketPath, step: "discovery", folder: null };
  }

  /**
   * The first live candidate, in the given order. If several are live, the first whose page
   * answers. The outcome of each probe before it is noted.
   */
  async #firstLive<T extends { readonly socketPath: string }>(
    candidates: readonly T[],
  ): Promise<T | undefined> {
    const first = await this.#nextLive(candidates);
    if (first === undefined || await this.#isAlone(first, candidates)) return first;
    const live: T[] = [];
    for (const candidate of candidates) {
      if (await this.#liveness.isLive(candidate.socketPath, "discovered")) live.push(candidate);
    }
    return await withPage(live, this.#liveness, this.#walk);
  }

  /** Whether there is no choice, or the page of this window answers. */
  async #isAlone<T extends { readonly socketPath: string }>(
    one: T,
    candidates: readonly T[],
  ): Promise<boolean> {
    return candidates.length === 1 || await this.#liveness.hasPage(one.socketPath);
  }

  async #nextLive<T extends { readonly socketPath: string }>(
    candidates: readonly T[],
  ): Promise<T | undefined> {
    const found = await firstLive(candidates, {
      probe: ({ socketPath }) => this.#liveness.probe(socketPath),
      concurrency: PROBES_AT_ONCE,
      patienceMs: PATIENCE_MS,
    });
    const live = found?.liveness === "live" ? found.value : undefined;
    for (const candidate of candidates) {
      await this.#liveness.isLive(candidate.socketPath, "discovered");
      if (candidate === live) break;
    }
    return live;
  }

  /** Whether an editor's processes are known to work in folders that hold none of the paths. */
  worksElsewhere(socketPath: string, paths: readonly string[]): boolean {
    const editor = this.#candidates.find((candidate) => candidate.socketPath === socketPath);
    return editor !== undefined && editor.folders.length > 0 &&
      this.folderOf(socketPath, paths) === undefined;
  }

  /** The folder of one editor that holds one of the paths. */
  folderOf(socketPath: string, paths: readonly string[]): string | undefined {
    const editor = this.#candidates.filter((candidate) => candidate.socketPath === socketPath);
    return paths.flatMap((path) => holders(editor, path))[0]?.folder;
  }
}

/** The editors with a folder that holds `path`, the deepest folder first. */
function holders(
  editors: readonly EditorCandidate[],
  path: string,
): { socketPath: string; folder: string }[] {
  return editors
    .flatMap(({ socketPath, folders }) =>
      folders.filter((folder) => isWithin(path, folder)).map((folder) => ({ socketPath, folder }))
    )
    .sort((a, b) => b.folder.length - a.folder.length);
}
