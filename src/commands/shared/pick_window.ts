import process from "node:process";
import { autocomplete, isCancel } from "@clack/prompts";
import { formatAge, usage } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import { SessionctlError } from "../../errors.ts";
import {
  endSignals,
  homeDirectory,
  isWithin,
  onSignals,
  printablePath,
  signalExitCode,
  system,
} from "../../platform/mod.ts";
import { type ListedSession, workspaceFolders } from "../../registry/mod.ts";
import type { StartContext } from "./arguments.ts";
import { everyWindow } from "../list.ts";
import { desktopWindowsListed, type ListedDesktopWindow } from "./desktop_windows.ts";
import { linksListed, type ListedLink } from "./listed_links.ts";
import { windowsOf } from "./windows.ts";

/**
 * Lets the user choose one of the live windows on stdin and stderr, because stdout is for results.
 *
 * @param among Editor sockets to choose from; by default, those of all live windows.
 * @throws {SessionctlError} `USAGE` without a terminal, `NOT_FOUND` if no window is live,
 * `CANCELLED` if the user chooses none.
 */
export async function pickWindow(
  context: StartContext,
  among?: ReadonlySet<string>,
): Promise<ListedSession> {
  requireTerminal();
  const windows = await liveWindows(context, among);
  const socketPath = await ask(windows.map(windowChoice));
  return windows.find((window) => window.socketPath === socketPath)!;
}

/**
 * Lets the user choose where `open` opens files: in a live window, in a desktop editor (which chooses
 * one of its windows), or in the editor at the other end of a link.
 *
 * @returns a value for `--to`: an editor socket, a main socket or a link's socket.
 * @throws {SessionctlError} as {@link pickWindow}.
 */
export async function pickTarget(context: StartContext): Promise<string> {
  requireTerminal();
  const [windows, desktop, links] = await Promise.all([
    liveWindows(context),
    desktopWindowsListed(),
    linksListed(),
  ]);
  return await ask([
    ...windows.map(windowChoice),
    ...desktopChoices(desktop),
    ...links.flatMap(linkChoice),
  ]);
}

async function liveWindows(
  context: StartContext,
  among?: ReadonlySet<string>,
): Promise<ListedSession[]> {
  const live = (await everyWindow(context)).filter(({ liveness, socketPath }) =>
    liveness === "live" && (among === undefined || among.has(socketPath))
  );
  // Each terminal of a window has an editor socket of its own; any of them reaches the window.
  return windowsOf(live).map(({ sockets: [main] }) => main);
}

interface Choice {
  /** The socket. */
  readonly value: string;
  readonly cells: readonly string[];
}

function windowChoice(session: ListedSession): Choice {
  const { socketPath, workspace, kind, registeredAt, focused, focusedAt } = session;
  const age = formatAge(Date.now() - (focusedAt ?? registeredAt));
  const folders = foldersAsPeopleRead(workspaceFolders(workspace));
  return { value: socketPath, cells: [folders, kind, focused ? "in focus" : age] };
}

/** One choice for each editor, because no message can tell its main process which window to use. */
function desktopChoices(windows: readonly ListedDesktopWindow[]): Choice[] {
  const live = windows.filter(({ liveness }) => liveness === "live");
  return [...new Set(live.map(({ mainSocket }) => mainSocket))].map((value) => {
    const own = live.filter(({ mainSocket }) => mainSocket === value);
    const folders = foldersAsPeopleRead(own.flatMap(({ folders }) => folders));
    return { value, cells: [folders, own[0]!.editorName, "on the desktop"] };
  });
}

function linkChoice({ linkSocket, host, editorName }: ListedLink): Choice[] {
  if (host === null || editorName === null) return [];
  return [{ value: linkSocket, cells: [`${host}:`, editorName, "over a link"] }];
}

function requireTerminal(): void {
  const stream = !Deno.stdin.isTerminal() ? "stdin" : !Deno.stderr.isTerminal() ? "stderr" : "";
  if (stream === "" && Deno.env.get("TERM") !== "dumb") return;
  const reason = stream === "" ? "TERM is dumb" : `${stream} is not a terminal`;
  throw usage(
    `picking a window needs a terminal, and ${reason}`,
    "in a script, name the window: sessionctl find PATH, or --to SOCKET",
  );
}

async function ask(choices: readonly Choice[]): Promise<string> {
  if (choices.length === 0) {
    throw new SessionctlError("NOT_FOUND", "no live editor window to pick", {
      hint: "to see all windows, run: sessionctl list --all",
    });
  }
  const cancelled = new AbortController();
  let ending: Deno.Signal | undefined;
  // The prompt hides the cursor and changes the terminal's mode; it undoes both when it is aborted.
  const stop = onSignals(endSignals(), (signal) => {
    ending = signal;
    cancelled.abort();
  });
  const rows = choices.map((
    { cells: [folders, ...rest] },
  ) => [folders!, ...rest.map(printablePath)]);
  const labels = await tableLines(rows);
  try {
    const picked = await autocomplete({
      message: "Which window?",
      options: choices.map(({ value }, at) => ({ value, label: labels[at]! })),
      input: process.stdin,
      output: system.env("NO_COLOR") ? uncoloured(process.stderr) : process.stderr,
      signal: cancelled.signal,
    });
    if (ending !== undefined) Deno.exit(signalExitCode(ending));
    if (!isCancel(picked)) return picked;
    throw new SessionctlError("CANCELLED", "no window was picked");
  } finally {
    stop();
  }
}

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;

/**
 * Wraps a terminal to remove colours and other text styles; the prompt's cursor movements remain.
 */
function uncoloured(stream: typeof process.stderr): typeof process.stderr {
  return new Proxy(stream, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === "write") return (text: string) => target.write(text.replaceAll(COLOURS, ""));
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function foldersAsPeopleRead(folders: readonly string[]): string {
  return folders.map(asPeopleRead).join(", ") || "(no folder)";
}

/** A path for display, with `~` for the home directory. */
function asPeopleRead(path: string): string {
  const home = homeDirectory();
  const below = home !== undefined && home !== "/" && isWithin(path, home);
  return printablePath(below ? `~${path.slice(home.length)}` : path);
}
