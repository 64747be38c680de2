import { messageOf, SessionctlError } from "../errors.ts";
import { runsItself } from "../shell/mod.ts";
import { positionText } from "../editor/mod.ts";
import type { OpenItem } from "./item.ts";
import type { EditorLaunch, EditorLaunchOptions } from "./launch_editor.ts";
import { isUri } from "./named_uri.ts";

/** `--launch auto`: the desktop editor that is installed. */
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
 * Runs the user's own way to start an editor: `sh -c 'COMMAND "$@"'` with the files; or, for
 * `auto`, the desktop editor that is installed.
 *
 * @returns the exit code to pass on.
 * @throws {SessionctlError} `IO_ERROR` when there is no shell; as `editorLaunch`.
 */
export async function launch(
  command: string,
  items: readonly OpenItem[],
  how: EditorLaunchOptions,
): Promise<number> {
  if (command === AUTO) return await (await editorLaunch(items, how)).run();
  const operands = items.map(launchOperand);
  try {
    // For a program that a signal ended, the runtime gives 128 + N, as a shell does.
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

/** The command line that {@link launch} would run, for people to read. */
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

/** What `open` says of desktop editors where it finds no window; see `installedEditorHint`. */
export async function startHint(): Promise<string | undefined> {
  const { installedEditorHint } = await import("./launch_editor.ts");
  return installedEditorHint();
}

/** An item as the user named it, if that is a path, with the line that it goes to. */
function launchOperand(item: OpenItem): string {
  const { typed } = item;
  if (!("path" in item)) return typed;
  const position = positionText(item.position);
  const isPath = !isUri(typed) && (typed.endsWith(position) || typed.endsWith(`${position}:`));
  if (!isPath) return item.path + position;
  // A name that begins with a dash would be read as an option.
  return typed.startsWith("-") ? `./${typed}` : typed;
}
