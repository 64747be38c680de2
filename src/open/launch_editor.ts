import { describeStart, type EditorStarter, findEditorStarter } from "../desktop/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import { positionText, remoteUri } from "../editor/mod.ts";
import { system, type SystemContext } from "../platform/mod.ts";
import { type OpenItem, type OpenModes, uriOf } from "./item.ts";

/** Options of `--launch auto`. */
export interface EditorLaunchOptions {
  readonly modes: OpenModes;
  /** `--wait`. */
  readonly wait: boolean;
  /** The system; tests replace it. */
  readonly context?: SystemContext;
}

/** A prepared start of a desktop editor. */
export interface EditorLaunch {
  /** The command line, for display. */
  readonly line: string;
  /** @returns the exit code of the editor's command line. */
  run(): Promise<number>;
}

/**
 * Prepares the start of the installed desktop editor (`--launch auto`).
 *
 * @throws {SessionctlError} `NO_TARGET` if none is installed; `NOT_SUPPORTED` if it would have no
 * screen.
 */
export function editorLaunch(
  items: readonly OpenItem[],
  { context = system, ...how }: EditorLaunchOptions,
): EditorLaunch {
  const starter = findEditorStarter(context);
  if (starter === undefined) {
    throw new SessionctlError("NO_TARGET", "--launch auto: no desktop editor is on PATH", {
      hint: "name what runs instead: --launch COMMAND",
    });
  }
  const args = argumentsFor(starter, items, how);
  return { line: describeStart(starter, args), run: () => start(starter, args) };
}

function argumentsFor(
  { remoteAuthority }: EditorStarter,
  items: readonly OpenItem[],
  { modes, wait }: Omit<EditorLaunchOptions, "context">,
): string[] {
  const wanted = modes.goto || items.some(({ goto }) => goto === "wanted");
  const goto = wanted && !items.some(({ goto }) => goto === "never");
  const remote = remoteAuthority ?? modes.remoteAuthority ?? undefined;
  return [
    ...modes.together ? [`--${modes.together}`] : [],
    ...modes.newWindow ? ["--new-window"] : [],
    ...modes.reuseWindow ? ["--reuse-window"] : [],
    ...wait ? ["--wait"] : [],
    ...goto ? ["--goto"] : [],
    ...remote === undefined ? [] : ["--remote", remote],
    ...items.flatMap((item) => operandsOf(item, goto, remoteAuthority)),
  ];
}

function operandsOf(item: OpenItem, goto: boolean, authority: string | undefined): string[] {
  if ("path" in item && authority === undefined) {
    return [item.path + (goto ? positionText(item.position) : "")];
  }
  const uri = uriOf(item, goto);
  return [`--${item.kind}-uri`, authority === undefined ? uri : remoteUri(uri, authority)];
}

async function start(starter: EditorStarter, args: readonly string[]): Promise<number> {
  const { command, cwd, env } = starter;
  try {
    const { code } = await new Deno.Command(command, {
      args: [...starter.args, ...args],
      ...cwd === undefined ? {} : { cwd },
      ...env === undefined ? {} : { env },
    }).spawn().status;
    return code;
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot run ${command}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * The hint about desktop editors when `open` finds no window: the command that would start one.
 *
 * @returns undefined if none is installed.
 */
export function installedEditorHint(context: SystemContext = system): string | undefined {
  try {
    const starter = findEditorStarter(context);
    if (starter === undefined) return undefined;
    const { editorName } = starter;
    return `${editorName} would start with: ${
      describeStart(starter, ["FILE"])
    }; --launch auto runs it`;
  } catch (error) {
    if (error instanceof SessionctlError) return error.message;
    throw error;
  }
}
