import type { EditorLiveness } from "../editor/mod.ts";
import { mainSocketPaths, socketOwnership, system, type SystemContext } from "../platform/mod.ts";
import type { DesktopWindow, MainDiagnostics } from "./diagnostics.ts";
import { MainSocketNames, productOfProcess } from "./identity.ts";
import { keepConnection } from "./kept.ts";
import { MainProcess, type MainProcessOptions, stateOf } from "./main_process.ts";

/** A desktop editor: one main process with all its windows. */
export interface DesktopEditor {
  readonly mainSocket: string;
  /** For example `code` or `cursor`; `unknown` if neither the socket nor the process shows it. */
  readonly product: string;
  /** For example `Visual Studio Code`. */
  readonly name: string;
  /** As far as the socket's name contains it: newer editors keep its first four characters. */
  readonly version: string;
  /** The pid of the main process; undefined unless it is live and reported it. */
  readonly pid?: number;
  readonly state: EditorLiveness;
  /** Empty unless it is live. */
  readonly windows: readonly DesktopWindow[];
}

/** Options for finding desktop editors. */
export interface FindDesktopOptions extends MainProcessOptions {
  /** The machine; tests provide their own. */
  readonly context?: SystemContext;
  /** Main sockets to ask; by default, those found by {@link mainSocketPaths}. */
  readonly sockets?: readonly string[];
  /** Whether connections to live editors stay open for a moment, for `tellDesktop`. */
  readonly keepsConnections?: boolean;
}

/**
 * Maximum extra wait for a slow editor once there is one to use, in milliseconds. Only on a busy
 * machine does the first answer take so long.
 */
const MAX_PATIENCE_MS = 300;

/** The desktop editors at some main sockets, all of which are asked concurrently, and only once. */
export class DesktopEditors {
  readonly #asked: readonly Promise<DesktopEditor>[];
  readonly #begun = performance.now();

  /** Starts asking. */
  constructor(options: FindDesktopOptions = {}) {
    const { context = system, sockets = mainSocketPaths(context) } = options;
    const names = new MainSocketNames(context);
    this.#asked = sockets.map((path) => askEditor(path, names, options));
  }

  /** All of them: live ones first, then by the most recent socket. */
  async all(): Promise<DesktopEditor[]> {
    return sorted(await Promise.all(this.#asked));
  }

  /**
   * The editors that have answered once a sufficient one has, after waiting as long again (at most
   * 300 ms), in the same order; all of them if none is sufficient.
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
 * Finds this user's desktop editors by their main sockets, and asks all of them concurrently for
 * their windows. Live ones come first, then those with the most recent socket.
 *
 * It never fails: a problem with an editor becomes its state.
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

/** The time when a socket was bound, in milliseconds since 1970; 0 if it is gone. */
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
