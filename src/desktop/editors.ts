import type { EditorLiveness } from "../editor/mod.ts";
import { mainSocketPaths, socketOwnership, system, type SystemContext } from "../platform/mod.ts";
import type { DesktopWindow, MainDiagnostics } from "./diagnostics.ts";
import { MainSocketNames, productOfProcess } from "./identity.ts";
import { keepConnection } from "./kept.ts";
import { MainProcess, type MainProcessOptions, stateOf } from "./main_process.ts";

/** A desktop editor: one main process with all its windows. */
export interface DesktopEditor {
  readonly mainSocket: string;
  /** Such as `code` or `cursor`; `unknown` when neither the socket nor the process tells. */
  readonly product: string;
  /** Such as `Visual Studio Code`. */
  readonly name: string;
  /** As far as the socket's name holds it: newer editors keep its first four characters. */
  readonly version: string;
  /** Of the main process; undefined unless it is live and told. */
  readonly pid?: number;
  readonly state: EditorLiveness;
  /** Empty unless it is live. */
  readonly windows: readonly DesktopWindow[];
}

/** How to look for desktop editors. */
export interface FindDesktopOptions extends MainProcessOptions {
  /** The machine; tests give their own. */
  readonly context?: SystemContext;
  /** Main sockets to ask; those found by {@link mainSocketPaths} unless given. */
  readonly sockets?: readonly string[];
  /** Whether connections to live editors stay open for a moment, for `tellDesktop`. */
  readonly keepsConnections?: boolean;
}

/** An editor that keeps us waiting for longer is no reason to wait once there is one to use. */
const MAX_PATIENCE_MS = 30;

/** The desktop editors behind some main sockets, all of which are asked at once, and once. */
export class DesktopEditors {
  readonly #asked: readonly Promise<DesktopEditor>[];
  readonly #begun = performance.now();

  /** Begins to ask. */
  constructor(options: FindDesktopOptions = {}) {
    const { context = system, sockets = mainSocketPaths(context) } = options;
    const names = new MainSocketNames(context);
    this.#asked = sockets.map((path) => askEditor(path, names, options));
  }

  /** All of them: the live ones first, those with the most recent socket before the others. */
  async all(): Promise<DesktopEditor[]> {
    return sorted(await Promise.all(this.#asked));
  }

  /**
   * Those that have answered when one that is enough has, and as long again passed (at most 30 ms),
   * in the same order; all of them where none is.
   */
  async until(isEnough: (editor: DesktopEditor) => boolean): Promise<DesktopEditor[]> {
    const answered: DesktopEditor[] = [];
    const enough = Promise.withResolvers<void>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const collected = this.#asked.map(async (asked) => {
      const editor = await asked;
      answered.push(editor);
      if (!isEnough(editor) || timer !== undefined) return;
      const patience = Math.min(performance.now() - this.#begun, MAX_PATIENCE_MS);
      timer = setTimeout(enough.resolve, patience);
    });
    await Promise.race([Promise.all(collected), enough.promise]);
    clearTimeout(timer);
    return sorted(answered);
  }
}

function sorted(editors: readonly DesktopEditor[]): DesktopEditor[] {
  const times = new Map(editors.map(({ mainSocket }) => [mainSocket, boundAt(mainSocket)]));
  return editors.toSorted((a, b) =>
    Number(b.state === "live") - Number(a.state === "live") ||
    times.get(b.mainSocket)! - times.get(a.mainSocket)!
  );
}

/**
 * Finds this user's desktop editors by their main sockets, and asks all of them at once for their
 * windows. The live ones come first, those with the most recent socket before the others.
 *
 * It never fails: whatever goes wrong with an editor is its state.
 *
 * @example
 * ```ts
 * for (const { name, windows } of await findDesktopEditors()) console.log(name, windows.length);
 * ```
 */
export async function findDesktopEditors(
  options: FindDesktopOptions = {},
): Promise<DesktopEditor[]> {
  return await new DesktopEditors(options).all();
}

/** When a socket was bound, in milliseconds since 1970; 0 when it is gone. */
function boundAt(path: string): number {
  try {
    return Deno.lstatSync(path).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

async function askEditor(
  path: string,
  names: MainSocketNames,
  options: FindDesktopOptions,
): Promise<DesktopEditor> {
  const [identity, answer] = await Promise.all([names.identify(path), ask(path, options)]);
  const isLive = typeof answer !== "string";
  const pid = isLive && answer.pid > 0 ? answer.pid : undefined;
  const product = identity.product ?? (pid === undefined ? undefined : productOfProcess(pid));
  return {
    mainSocket: path,
    product: product?.id ?? "unknown",
    name: product?.name ?? "unknown editor",
    version: identity.version,
    ...(pid === undefined ? {} : { pid }),
    state: isLive ? "live" : answer,
    windows: isLive ? answer.windows : [],
  };
}

async function ask(
  path: string,
  options: FindDesktopOptions,
): Promise<MainDiagnostics | Exclude<EditorLiveness, "live">> {
  const ownership = socketOwnership(path, options.allowOwners);
  if (ownership === "foreign" || ownership === "unreadable") return "forbidden";
  if (ownership !== "ours") return "dead";
  let main: MainProcess | undefined;
  try {
    main = await MainProcess.connect(path, options);
    const answer = await main.diagnostics();
    if (options.keepsConnections) {
      keepConnection(path, main);
      main = undefined;
    }
    return answer;
  } catch (error) {
    return stateOf(error);
  } finally {
    main?.[Symbol.dispose]();
  }
}

/**
 * The windows of an editor, asked for now.
 *
 * @throws {SessionctlError} as `MainProcess.connect` and `MainProcess.diagnostics`.
 */
export async function desktopWindows(
  editor: Pick<DesktopEditor, "mainSocket">,
  options: MainProcessOptions = {},
): Promise<readonly DesktopWindow[]> {
  using main = await MainProcess.connect(editor.mainSocket, options);
  return (await main.diagnostics()).windows;
}
