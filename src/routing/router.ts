import { messageOf, SessionctlError } from "../errors.ts";
import { system, type SystemContext } from "../platform/mod.ts";
import { type DesktopStep, desktopStep } from "./desktops.ts";
import {
  addressOf,
  type Destination,
  type EditorDestination,
  type WindowDestination,
} from "./destination.ts";
import type { DiscoveryStep } from "./discovery_step.ts";
import { folderThatMatters } from "./current_folder.ts";
import { HOOK, hookWindow } from "./hook_step.ts";
import { type LinkStep, linkStep } from "./links.ts";
import { LivenessCache } from "./liveness.ts";
import { isMultiplexed, Pages } from "./pages.ts";
import { RegistryStep } from "./registry_step.ts";
import type { RouteOptions, RouterOptions } from "./types.ts";
import { Walk } from "./walk.ts";

/**
 * An editor that hangs costs this once, in milliseconds, before the next is tried. Its
 * extension host may be busy for some hundred milliseconds and still be the right one.
 */
const DEFAULT_PROBE_TIMEOUT_MS = 1000;

/**
 * Finds the window a path belongs to. The steps, in this order:
 *
 * 1. `to`, and nothing else when it is given.
 * 2. `VSCODE_IPC_HOOK_CLI`, when it is live. Inside tmux or screen that variable may belong to
 *    any window, so a window that is known to hold the path goes first; likewise where the
 *    variable's window has no page that answers.
 * 3. Registries: ours, then code-server's own.
 * 4. The instance sockets of the path's folders.
 * 5. Discovered editor sockets.
 * 6. Desktop editors, by the folders of their windows.
 * 7. Links: windows at the other end of the ssh connections to this machine; then the fleet.
 *
 * A window that holds the path is looked for through all of these, and after it one that
 * holds the current folder, before one that merely is live is taken: first the most recently
 * registered, then the most recent socket, then the desktop editor started last, then an editor at
 * the other end of a link. With `strict` only a window that holds the path
 * counts. code-server's registry does not say whether its answer holds the path: it counts as a
 * match unless something else shows that it does not; never with `strict`. Nor does the hook
 * variable; with `strict` it counts only if a registry or the window's processes name a folder.
 *
 * Every window was probed within this call (by the registry, if it is from there) and is this
 * user's. A probe comes before a message: a hung editor that is given a message opens the file
 * once it wakes, and by then it may be open elsewhere.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #context: SystemContext;
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #pages: Pages;
  readonly #registries: RegistryStep;
  #namedWindow: Promise<WindowDestination> | undefined;
  #discovered: Promise<DiscoveryStep> | undefined;
  #desktopStep: Promise<DesktopStep | undefined> | undefined;
  #linkStep: Promise<LinkStep | undefined> | undefined;

  constructor(options: RouterOptions = {}) {
    this.#options = options;
    this.#context = options.context ?? system;
    this.#walk = new Walk(options.onStep, options.onNotice);
    const timeoutMs = options.probeTimeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS;
    this.#liveness = new LivenessCache(timeoutMs, options.allowOwners ?? [], this.#walk);
    this.#pages = new Pages(this.#context, this.#liveness, this.#walk);
    this.#registries = new RegistryStep(options, this.#context, this.#walk, this.#liveness);
  }

  /** What was tried so far, one line each. */
  get tried(): readonly string[] {
    return this.#walk.lines;
  }

  /** Takes a window that did not take a message out of all further walks. */
  markFailed(socketPath: string, error: unknown): void {
    this.#liveness.markFailed(socketPath, `did not take the message: ${messageOf(error)}`);
  }

  /**
   * Finds the destination for something that has these paths, the most telling one first: a
   * window, or the command of the option `launch` where there is none.
   *
   * @param paths Absolute, links resolved.
   * @param options The part the current folder plays; none unless told.
   * @throws {SessionctlError} without `launch`, `NO_TARGET`, naming everything that was tried;
   * with `to`, `NOT_FOUND`, `EDITOR_GONE`, `FOREIGN_OWNER` or `TIMED_OUT`.
   */
  async route(paths: readonly string[], options: RouteOptions = {}): Promise<Destination> {
    const found = await this.find(paths, options);
    if (found) return found;
    throw await this.noTarget(paths);
  }

  /** As {@link route}, but undefined instead of `NO_TARGET`. */
  async find(
    paths: readonly string[],
    options: RouteOptions = {},
  ): Promise<Destination | undefined> {
    if (this.#options.to !== undefined) return await this.#named(this.#options.to);
    const { uris = [] } = options;
    const window = (uris.length === 0 ? undefined : await (await this.#desktop())?.holding(uris)) ??
      await this.#matching(paths, options) ?? await this.#fallback(paths);
    if (window) return window;
    const { launch, allowOwners } = this.#options;
    if (launch === undefined) return undefined;
    const { noteOthersSockets } = await import("./late_steps.ts");
    noteOthersSockets(this.#context, allowOwners, this.#walk);
    return { kind: "launch", command: launch };
  }

  /** The error for paths without a window, which names what was tried. */
  async noTarget(paths: readonly string[]): Promise<SessionctlError> {
    const { noTarget } = await import("./late_steps.ts");
    return await noTarget(paths, this.#options, this.#context, this.#walk);
  }

  /**
   * Finds an editor window, for what can only be asked of one.
   *
   * @throws {SessionctlError} as {@link route}; `NOT_SUPPORTED` when it finds another kind of
   * destination.
   */
  async routeToEditor(
    paths: readonly string[],
    options: RouteOptions = {},
  ): Promise<EditorDestination> {
    const found = await this.route(paths, options);
    if (found.kind === "editor") return found;
    const address = addressOf(found);
    const where = found.kind === "launch" ? address : `${found.kind} at ${address}`;
    throw new SessionctlError("NOT_SUPPORTED", `the ${where} only opens files`, {
      hint: "name an editor window with --to SOCKET",
    });
  }

  async #matching(
    paths: readonly string[],
    options: RouteOptions,
  ): Promise<WindowDestination | undefined> {
    const folder = this.#options.strict ? undefined : folderThatMatters(paths, options);
    const alternatives = [paths, ...folder === undefined ? [] : [[folder]]];
    if (options.currentFolderFirst) alternatives.reverse();
    const hook = this.#context.env(HOOK);
    if (hook && isMultiplexed(this.#context)) {
      this.#walk.note("tmux or screen", `${HOOK} may be another window's, known windows go first`);
      const holder = await this.#knownHolder(alternatives);
      if (holder) return holder;
    }
    const named = await this.#hook(paths);
    if (named) return await this.#seenInsteadOf(named, alternatives) ?? named;
    for (const alternative of alternatives) {
      const found = await this.#holding(alternative, folder);
      if (found) return found;
    }
    return undefined;
  }

  /** A window that is known to hold one of the paths: code-server's registry does not say so. */
  async #knownHolder(
    alternatives: readonly (readonly string[])[],
  ): Promise<WindowDestination | undefined> {
    for (const paths of alternatives) {
      const found = await this.#registries.matching(paths) ??
        await this.#instance(paths) ??
        await this.#unregistered(paths);
      if (found) return found;
    }
    return undefined;
  }

  /** A window that is known to hold one of the paths, where the page of another is gone. */
  async #seenInsteadOf(
    window: EditorDestination,
    alternatives: readonly (readonly string[])[],
  ): Promise<WindowDestination | undefined> {
    if (await this.#pages.isSeen(window)) return undefined;
    const other = await this.#knownHolder(alternatives);
    if (!other || addressOf(other) === addressOf(window)) return undefined;
    if (!(await this.#pages.isSeen(other))) return undefined;
    this.#pages.tellOfOther(window);
    return other;
  }

  /** Tells the user of windows that were told something and that nobody sees. */
  async tellOfUnseen(windows: readonly WindowDestination[]): Promise<void> {
    await this.#pages.tellOfUnseen(windows);
  }

  /** A window that holds one of the paths, whatever the hook variable says. */
  async #holding(
    paths: readonly string[],
    folder?: string,
  ): Promise<WindowDestination | undefined> {
    // Desktop editors are asked while the others are looked for.
    this.#desktop();
    return await this.#registries.matching(paths) ??
      await this.#codeServer(paths, folder) ??
      await this.#instance(paths) ??
      await this.#unregistered(paths);
  }

  async #unregistered(paths: readonly string[]): Promise<WindowDestination | undefined> {
    const { unregisteredHolder } = await import("./late_steps.ts");
    return await unregisteredHolder(paths, {
      context: this.#context,
      options: this.#options,
      walk: this.#walk,
      desktop: await this.#desktop(),
      links: await this.#links(),
      discovery: () => this.#discovery(),
    });
  }

  /**
   * What code-server's registry answers. Where no window of its holds a path it names the latest
   * one: that one is passed over when another may be meant (the one for the current folder, or a
   * desktop window) and the latest window's processes work elsewhere.
   */
  async #codeServer(
    paths: readonly string[],
    folder?: string,
  ): Promise<WindowDestination | undefined> {
    const registries = this.#registries;
    const answer = await registries.codeServer(paths);
    if (answer === undefined || (folder === undefined && !(await this.#desktop()))) return answer;
    const latest = await registries.codeServer(["/"]);
    if (latest?.socketPath !== answer.socketPath) return answer;
    return (await this.#discovery()).worksElsewhere(answer.socketPath, paths) ? undefined : answer;
  }

  async #fallback(paths: readonly string[]): Promise<WindowDestination | undefined> {
    if (this.#options.strict) return undefined;
    return await this.#registries.mostRecent(paths) ??
      await this.#registries.codeServer(paths) ??
      await (await this.#discovery()).mostRecent() ??
      await (await this.#desktop())?.mostRecent() ??
      await (await this.#links())?.mostRecent(paths);
  }

  async #hook(paths: readonly string[]): Promise<EditorDestination | undefined> {
    const folderOf = async (socketPath: string) =>
      await this.#registries.folderOf(socketPath, paths) ??
        (await this.#discovery()).folderOf(socketPath, paths);
    const required = this.#options.strict ? folderOf : undefined;
    return await hookWindow(this.#context, this.#walk, this.#liveness, required);
  }

  async #instance(paths: readonly string[]): Promise<WindowDestination | undefined> {
    if (this.#options.editorsOnly) {
      this.#walk.note("instance sockets", "not asked, because an instance only opens files");
      return undefined;
    }
    const { findInstance } = await import("./late_steps.ts");
    return await findInstance(paths, ...this.#common);
  }

  /** What a step needs. */
  get #common(): [RouterOptions, SystemContext, LivenessCache, Walk] {
    return [this.#options, this.#context, this.#liveness, this.#walk];
  }

  #discovery(): Promise<DiscoveryStep> {
    return this.#discovered ??= import("./late_steps.ts").then(async ({ DiscoveryStep }) => {
      const { allowOwners = [] } = this.#options;
      const known = await this.#registries.withFolders();
      return new DiscoveryStep(this.#context, allowOwners, this.#walk, this.#liveness, known);
    });
  }

  /** Desktop editors; undefined where none runs. */
  #desktop(): Promise<DesktopStep | undefined> {
    return this.#desktopStep ??= desktopStep(...this.#common);
  }

  /** Links to other machines; undefined where there is none. */
  #links(): Promise<LinkStep | undefined> {
    return this.#linkStep ??= linkStep(...this.#common);
  }

  /** Looked for once, however many walks want it: the user may be asked which one is meant. */
  #named(name: string): Promise<WindowDestination> {
    const known = {
      desktop: async () => await (await this.#desktop())?.named(name),
      findHolder: (folder: string) => this.#holding([folder], folder),
      registered: async () =>
        (await this.#registries.sessions()).map(({ socketPath }) => socketPath),
    };
    return this.#namedWindow ??= import("./late_steps.ts").then(({ namedTarget }) =>
      namedTarget(name, this.#options, this.#context, this.#liveness, known)
    );
  }
}
