import {
  describeFolder,
  type DesktopEditor,
  DesktopEditors,
  holderFinder,
  productNamed,
} from "../desktop/mod.ts";
import { fileUri } from "../editor/mod.ts";
import { type ErrorCode, SessionctlError } from "../errors.ts";
import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { DesktopDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

type Unusable = Exclude<DesktopEditor["state"], "live">;

const OUTCOMES: Readonly<Record<Unusable, string>> = {
  dead: "has ended",
  unresponsive: "does not answer",
  "no-editor": "answers, but is not a desktop editor",
  forbidden: "belongs to another user, not used",
};

const CODES: Readonly<Record<Unusable, ErrorCode>> = {
  dead: "EDITOR_GONE",
  unresponsive: "TIMED_OUT",
  "no-editor": "EDITOR_REFUSED",
  forbidden: "FOREIGN_OWNER",
};

/** Step 6: desktop editors. Each is asked once for its windows. */
export class DesktopStep {
  readonly #walk: Walk;
  readonly #liveness: LivenessCache;
  readonly #editors: DesktopEditors;
  readonly #count: number;
  readonly #finders = new Map<string, ReturnType<typeof holderFinder>>();

  /**
   * Asks all editors at once.
   *
   * @param sockets The main sockets of the editors.
   */
  constructor(
    sockets: readonly string[],
    { allowOwners, probeTimeoutMs }: RouterOptions,
    context: SystemContext,
    walk: Walk,
    liveness: LivenessCache,
  ) {
    this.#walk = walk;
    this.#liveness = liveness;
    this.#count = sockets.length;
    const timeoutMs = probeTimeoutMs === undefined ? {} : { timeoutMs: probeTimeoutMs };
    const owners = allowOwners === undefined ? {} : { allowOwners };
    const options = { sockets, context, ...timeoutMs, ...owners };
    this.#editors = new DesktopEditors({ ...options, keepsConnections: true });
  }

  /** Finds the editor with a window whose folder holds one of the paths, deepest folder first. */
  async matching(paths: readonly string[]): Promise<DesktopDestination | undefined> {
    return await this.holding(paths.map(fileUri));
  }

  /** Like {@link matching}, for URIs, which may name a file on another machine. */
  async holding(uris: readonly string[]): Promise<DesktopDestination | undefined> {
    for (const uri of uris) {
      const holderIn = this.#holderFinder(uri);
      const isHolder = (editor: DesktopEditor) => holderIn(editor.windows) !== undefined;
      const editors = this.#usable(await this.#editors.until(isHolder));
      const [best] = editors.flatMap((editor) => {
        const held = holderIn(editor.windows);
        return held === undefined ? [] : [destinationOf(editor, held.folderUri)];
      }).sort((a, b) => b.folder.length - a.folder.length);
      if (best !== undefined) return best;
    }
    for (const { mainSocket, name, state } of await this.#editors.all()) {
      if (state === "unresponsive") {
        this.#walk.passOver(`${printablePath(name)} at ${printablePath(mainSocket)}`);
      }
    }
    const shown = uris.map(describeFolder).map(printablePath).join(", ");
    this.#walk.note("desktop editors", `of ${this.#count}, no live one has a window for ${shown}`);
    return undefined;
  }

  /** Kept per URI, because the walk asks for the same files and folders several times. */
  #holderFinder(uri: string): ReturnType<typeof holderFinder> {
    const finder = this.#finders.get(uri) ?? holderFinder(uri);
    this.#finders.set(uri, finder);
    return finder;
  }

  /** The live editor that was started last. */
  async mostRecent(): Promise<DesktopDestination | undefined> {
    const [editor] = this.#usable(await this.#editors.until(({ state }) => state === "live"));
    return editor && { ...destinationOf(editor, null), folder: null };
  }

  /**
   * Finds the editor that `--to` names by its main socket or by the name of its product.
   *
   * @returns undefined if no running desktop editor has that name.
   * @throws {SessionctlError} if the editor cannot be used: `EDITOR_GONE`, `TIMED_OUT`,
   * `EDITOR_REFUSED`, `FOREIGN_OWNER`.
   */
  async named(name: string): Promise<DesktopDestination | undefined> {
    const product = productNamed(name)?.id;
    const isMeant = (editor: DesktopEditor) =>
      editor.mainSocket === name || editor.product === product;
    const isUsable = (editor: DesktopEditor) => isMeant(editor) && editor.state === "live";
    const [editor] = (await this.#editors.until(isUsable)).filter(isMeant);
    if (editor === undefined) return undefined;
    const { state } = editor;
    if (state === "live") return { ...destinationOf(editor, null), folder: null, step: "to" };
    if (editor.mainSocket !== name && state === "dead") return undefined;
    const where = `--to ${printablePath(name)}: the editor at ${printablePath(editor.mainSocket)}`;
    throw new SessionctlError(CODES[state], `${where} ${OUTCOMES[state]}`, {
      hint: "to see the desktop editors, run: sessionctl list --all",
    });
  }

  #usable(editors: readonly DesktopEditor[]): DesktopEditor[] {
    return editors.filter(({ mainSocket, name, state }) => {
      const failure = this.#liveness.failureOf(mainSocket);
      const outcome = failure ?? (state === "live" ? "live" : OUTCOMES[state]);
      this.#walk.note(`${printablePath(name)} at ${printablePath(mainSocket)}`, outcome);
      return outcome === "live";
    });
  }
}

function destinationOf(editor: DesktopEditor, folderUri: string | null) {
  const { mainSocket, product, name, version } = editor;
  return {
    kind: "desktop",
    mainSocket,
    step: "desktop",
    folder: folderUri === null ? "" : describeFolder(folderUri),
    folderUri,
    editor: product,
    editorName: name,
    version,
  } as const;
}
