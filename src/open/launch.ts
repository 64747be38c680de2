import { messageOf, SessionctlError } from "../errors.ts";
import { runsItself } from "../shell/mod.ts";
import { positionText } from "../editor/mod.ts";
import type { OpenItem } from "./item.ts";
import type { EditorLaunch, EditorLaunchOptions } from "./launch_editor.ts";
import { isUri } from "./named_uri.ts";

/** The value of `--launch` that starts the installed desktop editor. */
const AUTO = "auto";

/**
 * Checks that the user's own command is not sessionctl, which would find no window either and
 * launch itself without end.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function checkLaunch(command: string): void {
  if (!runsItself(command)) return;
  throw new SessionctlError("USAGE", `--launch would run sessionctl again: ${command}`, {
    hint: "name the editor itself, by its absolute path if need be",
  });
}

/**
 * Runs the user's own command to start an editor, `sh -c 'COMMAND "$@"'` with the files; for
 * `auto`, starts the installed desktop editor.
 *
 * @returns the exit code to pass on.
 * @throws {SessionctlError} `IO_ERROR` if there is no shell; as `editorLaunch`.
 */
export async function launch(
  command: string,
  items: readonly OpenItem[],
  how: EditorLaunchOptions,
): Promise<number> {
  if (command === AUTO) return await (await editorLaunch(items, how)).run();
  const operands = items.map(launchOperand);
  try {
    // For a program that a signal ended, the runtime returns 128 + N, like a shell.
    const { code } = await new Deno.Command("sh", {
      args: ["-c", `${command} "$@"`, "sh", ...operands],
    }).spawn().status;
    return code;
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot run --launch: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The command line that {@link launch} would run, for display. */
export async function launchLine(
  command: string,
  items: readonly OpenItem[],
  how: EditorLaunchOptions,
): Promise<string> {
  if (command === AUTO) return (await editorLaunch(items, how)).line;
  return [command, ...items.map(launchOperand)].join(" ");
}

async function editorLaunch(
  items: readonly OpenItem[],
  how: EditorLaunchOptions,
): Promise<EditorLaunch> {
  const { editorLaunch } = await import("./launch_editor.ts");
  return editorLaunch(items, how);
}

/** The hint about desktop editors when `open` finds no window; see `installedEditorHint`. */
export async function startHint(): Promise<string | undefined> {
  const { installedEditorHint } = await import("./launch_editor.ts");
  return installedEditorHint();
}

/**
 * The item as the user named it, if that is a path with the item's line; else its path and line.
 */
function launchOperand(item: OpenItem): string {
  const { typed } = item;
  if (!("path" in item)) return typed;
  const position = positionText(item.position);
  const isPath = !isUri(typed) && (typed.endsWith(position) || typed.endsWith(`${position}:`));
  if (!isPath) return item.path + position;
  // A name with a leading dash would be read as an option.
  return typed.startsWith("-") ? `./${typed}` : typed;
}
