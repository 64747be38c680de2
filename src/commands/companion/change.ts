import { ExitCode, VERSION } from "../../cli/mod.ts";
import {
  type CompanionChange,
  installCompanion,
  uninstallCompanion,
  withPackageFile,
} from "../../companion/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath, realPathOf } from "../../platform/mod.ts";
import { workspaceFolders } from "../../registry/mod.ts";
import { currentFolder, routerFor } from "../shared/editor_target.ts";
import type { CompanionContext } from "./options.ts";
import { liveWindows, runningVersions } from "./windows.ts";

/** The outcome for a window. */
interface ChangedWindow {
  readonly socketPath: string;
  readonly folders: readonly string[];
  readonly result: CompanionChange["result"] | "failed";
  readonly before: string | null;
  readonly after: string | null;
  /** The version of the companion that runs in the window; null if none does or it is unknown. */
  readonly running: string | null;
  /** Whether the window must be reloaded for the change to take effect. */
  readonly reload: boolean;
  /** The reason of a failure. */
  readonly error?: string;
}

type Changed = Omit<ChangedWindow, "running" | "reload">;

/** Installs or uninstalls the companion in the chosen windows. */
export async function changeWindows(
  context: CompanionContext,
  action: "install" | "uninstall",
): Promise<number> {
  const { output, args: { allowOwner } } = context;
  const windows = await chosenWindows(context);
  const changed = action === "install"
    ? await withPackageFile(
      (file) =>
        changeEach(
          context,
          windows,
          (path, limits) => installCompanion(path, file, VERSION, limits),
        ),
      { forOthers: allowOwner.length > 0 },
    )
    : await changeEach(context, windows, uninstallCompanion);
  const done = changed.filter(({ result }) => result !== "failed");
  const running = await runningVersions(context, done, action === "install");
  const found = changed.map((window): ChangedWindow => {
    const version = running?.get(window.socketPath) ?? null;
    const reload = window.result !== "failed" && version !== null && version !== window.after;
    return { ...window, running: version, reload };
  });
  if (output.json) output.value({ version: VERSION, windows: found });
  else tellWhatIsLeft(context, action, found, running !== undefined);
  return done.length === changed.length ? ExitCode.Done : ExitCode.Failed;
}

type Window = Pick<Changed, "socketPath" | "folders">;

async function chosenWindows(context: CompanionContext): Promise<Window[]> {
  if (context.args.all) {
    const windows = await liveWindows(context);
    if (windows.length > 0) {
      return windows.map(({ socketPath, workspace }) => ({
        socketPath,
        folders: workspaceFolders(workspace),
      }));
    }
    throw new SessionctlError("NOT_FOUND", "no live editor window was found", {
      hint: "for a desktop editor, name its program: sessionctl companion install --program code",
    });
  }
  const router = routerFor(context, { editorsOnly: true });
  const { socketPath, folder } = await router.routeToEditor([realPathOf(currentFolder())]);
  return [{ socketPath, folders: folder === null ? [] : [folder] }];
}

/** Changes the windows in sequence, because windows of one editor server share their extensions. */
async function changeEach(
  { args, output }: CompanionContext,
  windows: readonly Window[],
  change: (
    socketPath: string,
    limits: { allowOwners: readonly number[] },
  ) => Promise<CompanionChange>,
): Promise<Changed[]> {
  const changed: Changed[] = [];
  for (const [index, window] of windows.entries()) {
    const { socketPath } = window;
    if (Deno.stderr.isTerminal()) {
      output.note(`window ${index + 1} of ${windows.length}: ${printablePath(socketPath)}`);
    }
    let outcome: Omit<Changed, keyof Window>;
    try {
      outcome = await change(socketPath, { allowOwners: args.allowOwner });
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      outcome = { result: "failed", before: null, after: null, error: messageOf(error) };
    }
    changed.push({ ...window, ...outcome });
    if (output.json) continue;
    output.line(`${outcome.result.padEnd(11)} ${nameOf(window)}`);
    if (outcome.error !== undefined) output.note(outcome.error);
  }
  return changed;
}

function nameOf({ folders, socketPath }: Window): string {
  const shown = folders.map(printablePath).join(", ") || "(no folder)";
  return `${shown}  ${printablePath(socketPath)}`;
}

function tellWhatIsLeft(
  { output }: CompanionContext,
  action: "install" | "uninstall",
  windows: readonly ChangedWindow[],
  hasRegistry: boolean,
): void {
  for (const window of windows.filter(({ reload }) => reload)) {
    const effect = action === "install" ? `version ${window.after}` : "the end of the companion";
    output.note(
      `reload this window for ${effect} (Developer: Reload Window): ${nameOf(window)}`,
    );
  }
  if (hasRegistry || action === "uninstall" || windows.every(({ after }) => after === null)) return;
  output.note(
    "no registry is running; the windows register as soon as one runs; " +
      "start it with: sessionctl serve --detach",
  );
}
