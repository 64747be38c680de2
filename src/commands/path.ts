import { defineCommand, ExitCode, option } from "../cli/mod.ts";
import { SessionctlError } from "../errors.ts";
import { type InstanceScheme, workspaceSocketPath } from "../ipc/mod.ts";
import { isWindowsPath, realPathOf, system, type SystemContext } from "../platform/mod.ts";
import { instanceOptions } from "./shared/instance_options.ts";
import { writtenPath } from "./shared/written_path.ts";

const PLATFORMS = ["linux", "darwin", "windows"] as const;

/** `sessionctl path`: prints the path of a workspace's instance socket. */
export const command = defineCommand({
  name: "path",
  group: "servers",
  summary: "Print the path of a workspace's instance socket",
  operands: [{ name: "WORKSPACE", kind: "directory" }],
  options: {
    ...instanceOptions,
    platform: option.choice(PLATFORMS, {
      valueName: "OS",
      summary: "Print the path for linux, darwin or windows",
      unlessGiven: "this platform",
    }),
  },
  examples: [
    {
      command: "sessionctl path .",
      does: "print the socket of the current folder",
    },
    {
      command: "sessionctl path --scheme vscode-mcp ~/api",
      does: "print the socket of the vscode-mcp extension that has ~/api open",
    },
  ],
  details: [
    "The scheme adr resolves links in WORKSPACE. The scheme vscode-mcp keeps them: name " +
    "the folder as the editor has opened it.",
  ],
  async run({ args, operands, output }) {
    const workspace = workspacePath(operands[0]!, args.scheme, args.platform);
    const socketPath = await workspaceSocketPath(workspace, args);
    if (output.json) output.value({ workspace, socketPath });
    else output.line(socketPath);
    return ExitCode.Done;
  },
});

/** The path to hash. The workspace need not exist yet. */
function workspacePath(
  path: string,
  scheme: InstanceScheme,
  platform: SystemContext["os"] = system.os,
): string {
  if (path === "") throw new SessionctlError("USAGE", "WORKSPACE is empty");
  if (path.includes("\0")) throw new SessionctlError("USAGE", "WORKSPACE contains a NUL byte");
  if (platform === "windows" && system.os !== "windows" && isWindowsPath(path)) return path;
  const absolute = writtenPath(path);
  return scheme === "vscode-mcp" ? absolute : realPathOf(absolute);
}
