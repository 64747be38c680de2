import { defineCommand, ExitCode, option } from "../cli/mod.ts";
import { hasCode, SessionctlError } from "../errors.ts";
import { isWithin, mainSocketPaths, printablePath } from "../platform/mod.ts";
import { type RankedSession, RegistryClient } from "../registry/mod.ts";
import { pathOperand, start, starter } from "./shared/arguments.ts";
import type { DesktopHolder } from "./shared/desktop_windows.ts";

/** `sessionctl find`: prints the editor socket of the window for a path. */
export const command = defineCommand({
  name: "find",
  group: "open",
  summary: "Print the editor socket of the window for a path",
  operands: [{ name: "PATH", kind: "workspace" }],
  options: {
    all: option.flag({ summary: "Print all candidates, the best first" }),
    strict: option.flag({
      summary: "Print only windows that hold the path, no other as a fallback",
    }),
    fleet: option.flag({
      summary: "Print the window of another machine that open would use",
      conflicts: ["all", "strict", "start"],
    }),
    start,
  },
  examples: [
    { command: "sessionctl find src/main.ts", does: "print the editor socket of the best window" },
    {
      command: "VSCODE_IPC_HOOK_CLI=$(sessionctl find .) code --status",
      does: "run a tool that needs the variable",
    },
  ],
  details: [
    "If no window holds the path, find prints the one that holds the current folder, or " +
    "else the most recent live window. It knows only registered windows. sessionctl env " +
    "also finds the others, and uses the current folder's window for git's own files. The " +
    "exit code is 1 if no window is live, or only a desktop window holds the path: it has " +
    "no editor socket, but --json prints its main socket.",
  ],
  async run(context) {
    const { args, operands, output, socket } = context;
    if (args.fleet) {
      const { printFleetWindow } = await import("./shared/fleet_window.ts");
      return await printFleetWindow(operands[0]!, output, socket);
    }
    const path = pathOperand(operands[0]!, "PATH");
    const client = new RegistryClient({ socket, start: starter(context) });
    const { all, strict } = args;
    const onDesktop = await heldOnDesktopAlone(client, path);
    if (onDesktop && !all) {
      if (!output.json) throw hasNoEditorSocket(path, onDesktop);
      output.value(onDesktop);
      return ExitCode.Done;
    }
    const first = strict ? undefined : await preferred(client, path);
    if (!all && !strict && !output.json) {
      const socketPath = first?.session.socketPath ?? await client.getConnectedSocketPath(path);
      if (socketPath === undefined) throw nothingFound(path);
      output.line(socketPath);
      return ExitCode.Done;
    }
    const known = (await client.candidates(path)).filter(({ folder }) => !strict || folder);
    const ranked = first === undefined ? known : [first, ...known.filter(isOther(first))];
    if (ranked.length === 0 && !onDesktop) throw nothingFound(path);
    const shown = all ? ranked : ranked.slice(0, 1);
    if (onDesktop && !output.json) output.note(hasNoEditorSocket(path, onDesktop).message);
    if (output.json) output.value(all ? [...onDesktop ? [onDesktop] : [], ...ranked] : ranked[0]);
    else for (const { session } of shown) output.line(session.socketPath);
    return ExitCode.Done;
  },
});

/**
 * The window that `open` prefers for a path outside the current folder: the one that holds the
 * path, or else the one that holds the current folder. For paths below the current folder, the
 * registry's own answer is enough.
 */
async function preferred(
  client: RegistryClient,
  path: string,
): Promise<RankedSession | undefined> {
  const here = pathOperand(".", "PATH");
  if (isWithin(path, here)) return undefined;
  for (const place of [path, here]) {
    const [best] = await holders(client, place);
    if (!best?.folder || best.liveness !== "live") continue;
    return place === path ? best : { ...best, folder: null };
  }
  return undefined;
}

/** A desktop window that holds the path, if no live registered window does. */
async function heldOnDesktopAlone(
  client: RegistryClient,
  path: string,
): Promise<DesktopHolder | undefined> {
  if (mainSocketPaths().length === 0) return undefined;
  try {
    const [best] = await holders(client, path);
    if (best?.folder && best.liveness === "live") return undefined;
  } catch (error) {
    if (!hasCode(error, "REGISTRY_UNREACHABLE")) throw error;
  }
  const { desktopHolder } = await import("./shared/desktop_windows.ts");
  return await desktopHolder(path);
}

function hasNoEditorSocket(path: string, { editorName, folder }: DesktopHolder): SessionctlError {
  const where = `a window of ${printablePath(editorName)} that has ${printablePath(folder)}`;
  return new SessionctlError(
    "NOT_FOUND",
    `${printablePath(path)} is in ${where}: a desktop window, which has no editor socket`,
    { hint: "sessionctl open reaches it; --json gives its main socket" },
  );
}

/** The windows that hold a path; none if the registry cannot say, such as code-server's own. */
async function holders(client: RegistryClient, path: string): Promise<RankedSession[]> {
  try {
    return await client.candidates(path, { limit: 0 });
  } catch (error) {
    if (hasCode(error, "REGISTRY_ERROR")) return [];
    throw error;
  }
}

const isOther = (one: RankedSession) => ({ session }: RankedSession) =>
  session.socketPath !== one.session.socketPath;

function nothingFound(path: string): SessionctlError {
  return new SessionctlError("NOT_FOUND", `no live editor window for ${printablePath(path)}`, {
    hint: "see what there is with: sessionctl list --all",
  });
}
