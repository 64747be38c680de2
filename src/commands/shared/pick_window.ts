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
  const live = (await everyWindow(context)).filter(({ liveness, socketPath }) =>
    liveness === "live" && (among === undefined || among.has(socketPath))
  );
  // Each terminal of a window has an editor socket of its own; any of them reaches the window.
  const windows = windowsOf(live).map(({ sockets: [main] }) => main);
  if (windows.length === 0) {
    throw new SessionctlError("NOT_FOUND", "no live editor window to pick", {
      hint: "see what there is with: sessionctl list --all",
    });
  }
  const socketPath = await ask(windows);
  return windows.find((window) => window.socketPath === socketPath)!;
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

async function ask(windows: readonly ListedSession[]): Promise<string> {
  const cancelled = new AbortController();
  let ending: Deno.Signal | undefined;
  // The prompt hides the cursor and changes the terminal's mode; it undoes both when it is aborted.
  const stop = onSignals(endSignals(), (signal) => {
    ending = signal;
    cancelled.abort();
  });
  const labels = await labelsOf(windows);
  try {
    const picked = await autocomplete({
      message: "Which window?",
      options: windows.map(({ socketPath }, at) => ({ value: socketPath, label: labels[at]! })),
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

async function labelsOf(windows: readonly ListedSession[]): Promise<string[]> {
  const now = Date.now();
  return await tableLines(windows.map(({ workspace, kind, registeredAt, focused, focusedAt }) => [
    workspaceFolders(workspace).map(asPeopleRead).join(", ") || "(no folder)",
    printablePath(kind),
    focused ? "in focus" : formatAge(now - (focusedAt ?? registeredAt)),
  ]));
}

/** A path for display, with `~` for the home directory. */
function asPeopleRead(path: string): string {
  const home = homeDirectory();
  const below = home !== undefined && home !== "/" && isWithin(path, home);
  return printablePath(below ? `~${path.slice(home.length)}` : path);
}
