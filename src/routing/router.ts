import { messageOf, SessionctlError } from "../errors.ts";
import { system, type SystemContext } from "../platform/mod.ts";
import {
  addressOf,
  type Destination,
  type EditorDestination,
  type WindowDestination,
} from "./destination.ts";
import { folderThatMatters } from "./current_folder.ts";
import { HOOK } from "./hook_step.ts";
import { LivenessCache } from "./liveness.ts";
import { isMultiplexed, Pages } from "./pages.ts";
import { Steps } from "./steps.ts";
import type { RouteOptions, RouterOptions } from "./types.ts";
import { Walk } from "./walk.ts";

/**
 * Time limit of a probe, in milliseconds, before the next editor is tried. An extension host may be
 * busy for several hundred milliseconds and still be the right one.
 */
const DEFAULT_PROBE_TIMEOUT_MS = 1000;

/**
 * Finds the window for a path, in these steps:
 *
 * 1. `to`; if it is given, no other step runs.
 * 2. `VSCODE_IPC_HOOK_CLI`, if it is live. Inside tmux or screen, that variable may come from any
 *    window, so a window that is known to hold the path takes precedence. The same applies if the
 *    page of the variable's window does not answer.
 * 3. Registries: ours, then code-server's own.
 * 4. The instance sockets of the path's folders.
 * 5. Discovered editor sockets.
 * 6. Desktop editors, by the folders of their windows.
 * 7. Links: windows at the other end of the ssh connections to this machine; then the fleet.
 *
 * The router first looks through all steps for a window that holds the path, and then for one that
 * holds the current folder. Only then it takes a window that is merely live: first the most
 * recently registered, then the most recent socket, then the desktop editor started last, then an
 * editor at the other end of a link. With `strict`, only a window that holds the path counts.
 * code-server's registry does not say whether its answer holds the path: it counts as a match
 * unless something else shows the opposite; with `strict`, never. The hook variable does not say so
 * either; with `strict`, it counts only if a registry or the window's processes name a folder.
 *
 * Every window belongs to this user and was probed during this call (by the registry, if it comes
 * from there). The probe comes before the message, because a hung editor that gets a message opens
 * the file when it wakes, and by then the file may be open elsewhere. If the right window does not
 * answer within the time limit, the user is told that another one is used.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #context: SystemContext;
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #pages: Pages;
  readonly #steps: Steps;
  #namedWindow: Promise<WindowDestination> | undefined;

  constructor(options: RouterOptions = {}) {
    this.#options = options;
    this.#context = options.context ?? system;
    this.#walk = new Walk(options.onStep, options.onNotice);
    const timeoutMs = options.probeTimeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS;
    this.#liveness = new LivenessCache(timeoutMs, options.allowOwners ?? [], this.#walk);
    this.#pages = new Pages(this.#context, this.#liveness, this.#walk);
    this.#steps = new Steps(options, this.#context, this.#liveness, this.#walk);
  }

  /** The places tried so far, one line each. */
  get tried(): readonly string[] {
    return this.#walk.lines;
  }

  /** Excludes a window that did not accept a message from all further walks. */
  markFailed(socketPath: string, error: unknown): void {
    this.#liveness.markFailed(socketPath, `did not take the message: ${messageOf(error)}`);
  }

  /**
   * Finds the destination for an item with these paths, the most significant first: a window, or
   * the command of the option `launch` if there is no window.
   *
   * @param paths Absolute, links resolved.
   * @param options The role of the current folder; none by default.
   * @throws {SessionctlError} without `launch`, `NO_TARGET`, which lists everything that was tried;
   * with `to`, `NOT_FOUND`, `EDITOR_GONE`, `FOREIGN_OWNER` or `TIMED_OUT`.
   */
  async route(paths: readonly string[], options: RouteOptions = {}): Promise<Destination> {
    const found = await this.find(paths, options);
    if (found) return found;
    throw await this.noTarget(paths);
  }

  /** Like {@link route}, but returns undefined instead of throwing `NO_TARGET`. */
  async find(
    paths: readonly string[],
    options: RouteOptions = {},
  ): Promise<Destination | undefined> {
    if (this.#options.to !== undefined) return await this.#named(this.#options.to);
    const { uris = [], ofHost, written } = options;
    if (written) this.#steps.written.set(...written);
    const late = () => import("./late_steps.ts");
    if (ofHost) {
      return (await late()).windowOfHost(
        uris,
        ofHost,
        await this.#steps.desktop(),
        ...this.#steps.common,
      );
    }
    const window =
      (uris.length === 0 ? undefined : await (await this.#steps.desktop())?.holding(uris)) ??
        await this.#matching(paths, options) ?? await this.#fallback(paths);
    const { launch, allowOwners } = this.#options;
    this.#walk.end(window !== undefined || launch !== undefined);
    if (window) return window;
    if (launch === undefined) return undefined;
    (await late()).noteOthersSockets(this.#context, allowOwners, this.#walk);
    return { kind: "launch", command: launch };
  }

  /** The error for paths without a window. It lists everything that was tried. */
  async noTarget(paths: readonly string[]): Promise<SessionctlError> {
    const { noTarget } = await import("./late_steps.ts");
    return await noTarget(paths, this.#options, this.#context, this.#walk);
  }

  /**
   * Finds an editor window, for requests that only such a window supports.
   *
   * @throws {SessionctlError} as {@link route}; `NOT_SUPPORTED` for another kind of destination.
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
    const named = await this.#steps.hook(paths);
    if (named) return await this.#seenInsteadOf(named, alternatives) ?? named;
    for (const alternative of alternatives) {
      const found = await this.#holding(alternative, folder);
      if (found) return found;
    }
    return undefined;
  }

  /** A window that is known to hold one of the paths, which code-server's registry does not say. */
  async #knownHolder(
    alternatives: readonly (readonly string[])[],
  ): Promise<WindowDestination | undefined> {
    for (const paths of alternatives) {
      const found = await this.#steps.registries.matching(paths) ??
        await this.#steps.instance(paths) ??
        await this.#steps.unregistered(paths);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * Another window that is known to hold one of the paths, if the page of this one does not answer.
   */
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

  /** Starts to ask whether a window is visible, for {@linkcode tellOfUnseen}. */
  askForPage(window: WindowDestination): void {
    this.#pages.ask(window);
  }

  /** Tells the user which windows received a message but are not visible. */
  async tellOfUnseen(windows: readonly WindowDestination[]): Promise<void> {
    await this.#pages.tellOfUnseen(windows);
  }

  /** A window that holds one of the paths, regardless of the hook variable. */
  async #holding(
    paths: readonly string[],
    folder?: string,
  ): Promise<WindowDestination | undefined> {
    const registered = await this.#steps.registries.matching(paths);
    if (registered) return registered;
    // Desktop editors are asked while the other steps look.
    this.#steps.desktop();
    return await this.#steps.codeServer(paths, folder) ??
      await this.#steps.instance(paths) ??
      await this.#steps.unregistered(paths);
  }

  async #fallback(paths: readonly string[]): Promise<WindowDestination | undefined> {
    if (this.#options.strict) return undefined;
    return await this.#steps.registries.mostRecent(paths) ??
      await this.#steps.registries.codeServer(paths) ??
      await (await this.#steps.discovery()).mostRecent() ??
      await (await this.#steps.desktop())?.mostRecent() ??
      await (await this.#steps.links())?.mostRecent(paths);
  }

  /** Resolves `--to` once for all walks, because the user may be asked to choose. */
  #named(name: string): Promise<WindowDestination> {
    const known = {
      elsewhere: async () =>
        await (await this.#steps.desktop())?.named(name) ??
          await (await this.#steps.links())?.named(name),
      findHolder: (folder: string) => this.#holding([folder], folder),
      registered: async () =>
        (await this.#steps.registries.sessions()).map((one) => one.socketPath),
    };
    return this.#namedWindow ??= import("./late_steps.ts").then(({ namedTarget }) =>
      namedTarget(name, this.#options, this.#context, this.#liveness, known)
    );
  }
}
