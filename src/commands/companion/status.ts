import { ExitCode, VERSION } from "../../cli/mod.ts";
import { tableLines } from "../../cli/table/mod.ts";
import { companionVersion, isOlder } from "../../companion/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { describeSession, type ListedSession, workspaceFolders } from "../../registry/mod.ts";
import type { CompanionContext } from "./options.ts";
import { liveWindows } from "./windows.ts";

/** A window and its companion. */
interface WindowStatus {
  readonly session: ListedSession;
  /**
   * The version that runs in the window, according to its registration; null if none registered.
   */
  readonly running: string | null;
  /**
   * The version that its editor has installed; null if none, or if the editor does not report it.
   */
  readonly installed: string | null;
  /** The next step for the user. */
  readonly needs: "install" | "update" | "reload" | null;
  /** The reason why the editor does not report a version. */
  readonly error?: string;
}

/** Prints which windows have the companion, in which version. */
export async function showStatus(context: CompanionContext): Promise<number> {
  const { output, args: { to } } = context;
  const windows = (await liveWindows(context))
    .filter(({ socketPath }) => to === undefined || socketPath.includes(to));
  const found = await Promise.all(windows.map((window) => statusOf(context, window)));
  if (output.json) {
    output.value({ version: VERSION, windows: found.map(asValue) });
  } else if (found.length === 0) {
    output.note("no live editor window was found");
  } else {
    const rows = found.map(({ session, running, installed, needs, error }) => [
      running ?? "-",
      installed ?? (error === undefined ? "-" : "?"),
      needs ?? "",
      printablePath(session.kind),
      describeSession(session),
      printablePath(session.socketPath),
    ]);
    const head = ["RUNNING", "INSTALLED", "NEEDS", "KIND", "FOLDER", "SOCKET"];
    for (const line of await tableLines([head, ...rows])) output.line(line);
    for (const { error } of found) if (error !== undefined) output.note(error);
  }
  return ExitCode.Done;
}

async function statusOf(
  { args }: CompanionContext,
  session: ListedSession,
): Promise<WindowStatus> {
  const running = typeof session.companion === "string" ? session.companion : null;
  try {
    const { socketPath } = session;
    const installed = await companionVersion(socketPath, { allowOwners: args.allowOwner });
    return { session, running, installed, needs: needOf(running, installed) };
  } catch (error) {
    if (!(error instanceof SessionctlError)) throw error;
    return { session, running, installed: null, needs: null, error: messageOf(error) };
  }
}

function needOf(running: string | null, installed: string | null): WindowStatus["needs"] {
  if (installed === null) return "install";
  if (isOlder(installed, VERSION)) return "update";
  return running !== null && running !== installed ? "reload" : null;
}

function asValue({ session, ...status }: WindowStatus): Record<string, unknown> {
  const { socketPath, kind, workspace, windowId } = session;
  return { socketPath, windowId, kind, folders: workspaceFolders(workspace), ...status };
}
