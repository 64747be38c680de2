import type { SystemContext } from "../platform/mod.ts";
import { type DesktopStep, desktopStep } from "./desktops.ts";
import type { EditorDestination, WindowDestination } from "./destination.ts";
import type { DiscoveryStep } from "./discovery_step.ts";
import { hookWindow } from "./hook_step.ts";
import { instanceStep } from "./instances.ts";
import { type LinkStep, linkStep } from "./links.ts";
import type { LivenessCache } from "./liveness.ts";
import { RegistryStep } from "./registry_step.ts";
import type { RouterOptions } from "./types.ts";
import { unregisteredHolder } from "./unregistered.ts";
import type { Walk } from "./walk.ts";

/** The steps of a router. Each is prepared at most once, when it is first asked. */
export class Steps {
  readonly #options: RouterOptions;
  readonly #context: SystemContext;
  readonly #liveness: LivenessCache;
  readonly #walk: Walk;
  readonly registries: RegistryStep;
  /** The paths as the user named them, by their real paths. */
  readonly written = new Map<string, string>();
  #discovered: Promise<DiscoveryStep> | undefined;
  #desktopStep: Promise<DesktopStep | undefined> | undefined;
  #linkStep: Promise<LinkStep | undefined> | undefined;

  constructor(
    options: RouterOptions,
    context: SystemContext,
    liveness: LivenessCache,
    walk: Walk,
  ) {
    this.#options = options;
    this.#context = context;
    this.#liveness = liveness;
    this.#walk = walk;
    this.registries = new RegistryStep(options, context, walk, liveness);
  }

  /** The window that the variable of the terminal names. */
  async hook(paths: readonly string[]): Promise<EditorDestination | undefined> {
    const folderOf = async (socketPath: string) =>
      await this.registries.folderOf(socketPath, paths) ??
        (await this.discovery()).folderOf(socketPath, paths);
    const required = this.#options.strict ? folderOf : undefined;
    return await hookWindow(this.#context, this.#walk, this.#liveness, required);
  }

  /** An instance of one of the paths' folders. */
  async instance(paths: readonly string[]): Promise<WindowDestination | undefined> {
    if (this.#options.editorsOnly) {
      this.#walk.note("instance sockets", "not asked, because an instance only opens files");
      return undefined;
    }
    return await instanceStep(paths, ...this.common);
  }

  /** A window that holds one of the paths and that no registry knows. */
  async unregistered(paths: readonly string[]): Promise<WindowDestination | undefined> {
    return await unregisteredHolder(paths, {
      context: this.#context,
      options: this.#options,
      walk: this.#walk,
      desktop: await this.desktop(),
      links: () => this.links(),
      discovery: () => this.discovery(),
    });
  }

  /**
   * The answer of code-server's registry. If none of its windows holds a path, it names the latest
   * one. That answer is skipped if another window may be the right one (that of the current folder,
   * or a desktop window) and the processes of the latest window work elsewhere.
   */
  async codeServer(
    paths: readonly string[],
    folder?: string,
  ): Promise<WindowDestination | undefined> {
    const answer = await this.registries.codeServer(paths);
    if (answer === undefined || (folder === undefined && !(await this.desktop()))) return answer;
    const latest = await this.registries.codeServer(["/"]);
    if (latest?.socketPath !== answer.socketPath) return answer;
    return (await this.discovery()).worksElsewhere(answer.socketPath, paths) ? undefined : answer;
  }

  /** The parameters that several steps share. */
  get common(): [RouterOptions, SystemContext, LivenessCache, Walk] {
    return [this.#options, this.#context, this.#liveness, this.#walk];
  }

  /** The editor sockets of this machine. */
  discovery(): Promise<DiscoveryStep> {
    return this.#discovered ??= import("./late_steps.ts").then(async ({ DiscoveryStep }) => {
      const { allowOwners = [] } = this.#options;
      const known = await this.registries.withFolders();
      return new DiscoveryStep(this.#context, allowOwners, this.#walk, this.#liveness, known);
    });
  }

  /** Desktop editors; undefined if none runs. */
  desktop(): Promise<DesktopStep | undefined> {
    return this.#desktopStep ??= desktopStep(...this.common);
  }

  /** Links to other machines; undefined if there are none. */
  links(): Promise<LinkStep | undefined> {
    return this.#linkStep ??= linkStep(...this.common, this.written);
  }
}
