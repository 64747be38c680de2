import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../cli/mod.ts";
import { type ActivePlace, activePlace } from "../companion/mod.ts";
import { probeEditor } from "../editor/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import { isWithin, printablePath } from "../platform/mod.ts";
import { type ListedSession, RegistryClient, workspaceFolders } from "../registry/mod.ts";
import { start, starter } from "./shared/arguments.ts";

/** Time limit, because prompts call this command; a slower window is shown without its file. */
const STATE_MS = 1000;

const options = {
  now: option.flag({ summary: "Print only a window that has the focus at this moment" }),
  start,
};

/** `sessionctl where`: prints the window in focus, and the position in it. */
export const command = defineCommand({
  name: "where",
  group: "open",
  summary: "Print the folder, file and line of the window in focus",
  operands: [],
  options,
  examples: [
    { command: "sessionctl where", does: "print the folder, a tab, and FILE:LINE:COLUMN" },
    { command: "sessionctl where --json | jq -r .file", does: "print the active file" },
    {
      command: 'cd "$(sessionctl where | cut -f 1)"',
      does: "change to the folder of the window you used last",
    },
  ],
  details: [
    "If no window has the focus, where prints the one that had it last. Only windows with " +
    "the companion report their focus: see sessionctl companion. The exit code is 1 if " +
    "there is no such window.",
  ],
  run: where,
});

async function where(context: CommandContext<Arguments<typeof options>>): Promise<number> {
  const { args, output, socket } = context;
  const registry = new RegistryClient({ socket, start: starter(context) });
  const sessions = await registry.list();
  for (const session of sessions.filter(isUsedWindow)) {
    if (args.now && !session.focused) break;
    let place: ActivePlace | undefined;
    try {
      place = await activePlace(session, {
        connectHub: () => registry.connectHub("where"),
        timeoutMs: STATE_MS,
      });
    } catch (error) {
      // The window may have died before the registry noticed.
      if (await probeEditor(session.socketPath) === "dead") continue;
      output.step(`the window does not tell its file: ${messageOf(error)}`);
    }
    const shown = describe(session, place);
    if (output.json) output.value(shown);
    else output.line(lineOf(shown));
    return ExitCode.Done;
  }
  throw nowhere(sessions, args.now);
}

/** Whether a session is a window that was used. Terminals share the focus of their window. */
function isUsedWindow({ focusedAt, source }: ListedSession): boolean {
  return focusedAt !== undefined && source !== "hook";
}

interface Shown {
  readonly socketPath: string;
  readonly kind: string;
  readonly focused: boolean;
  readonly focusedAt: number;
  readonly folders: readonly string[];
  /** The folder of the active file, or else the first folder. */
  readonly folder: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The active file's URI. */
  readonly uri: string | null;
}

function describe(session: ListedSession, place: ActivePlace | undefined): Shown {
  const { socketPath, kind, focused = false, focusedAt = 0, workspace } = session;
  const folders = workspaceFolders(workspace);
  const file = place?.path ?? null;
  const holders = folders.filter((folder) => file !== null && isWithin(file, folder))
    .sort((a, b) => b.length - a.length);
  return {
    socketPath,
    kind,
    focused,
    focusedAt,
    folders,
    folder: holders[0] ?? folders[0] ?? null,
    file,
    line: place?.line ?? null,
    column: place?.column ?? null,
    uri: place?.uri ?? null,
  };
}

function lineOf({ folder, file, uri, line, column }: Shown): string {
  const name = file ?? uri;
  const position = [name, line, column].filter((part) => part !== null).join(":");
  const cells = [folder ?? "", ...(name === null ? [] : [position])];
  return cells.map(printablePath).join("\t");
}

function nowhere(sessions: readonly ListedSession[], now: boolean): SessionctlError {
  const companions = sessions.filter(({ companion }) => companion !== undefined);
  if (companions.length === 0) {
    return new SessionctlError("NOT_FOUND", "no window with the companion is registered", {
      hint: "install it with: sessionctl companion install --all",
    });
  }
  return new SessionctlError(
    "NOT_FOUND",
    now ? "no window has the focus now" : "no window has had the focus yet",
    { hint: "see the windows with: sessionctl list" },
  );
}
