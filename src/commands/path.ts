import { defineCommand, ExitCode, option } from "../cli/mod.ts";
import { SessionctlError } from "../errors.ts";
import { type InstanceScheme, isWindowsPath, workspaceSocketPath } from "../ipc/mod.ts";
import { realPathOf, system, type SystemContext } from "../platform/mod.ts";
import { instanceOptions } from "./shared/instance_options.ts";
import { writtenPath } from "./shared/written_path.ts";

const PLATFORMS = ["linux", "darwin", "windows"] as const;

/** `sessionctl path`: where the instance socket of a workspace is. */
export const command = defineCommand({
  name: "path",
  group: "servers",
  summary: "Print the instance socket's path of a workspace",
  operands: [{ name: "WORKSPACE", kind: "directory" }],
  options: {
    ...instanceOptions,
    platform: option.choice(PLATFORMS, {
      valueName: "OS",
      summary: "Print it for linux, darwin or windows",
      unlessGiven: "this one",
    }),
  },
  examples: [
    {
      command: "sessionctl path .",
      does: "the socket of the folder you are in",
    },
    {
      command: "sessionctl path --scheme vscode-mcp ~/api",
      does: "the socket of the vscode-mcp extension that has ~/api open",
    },
  ],
  details: [
    "With the scheme adr, links in WORKSPACE are resolved. With the scheme vscode-mcp they are " +
    "kept: name the folder as its editor has it open.",
  ],
  async run({ args, operands, output }) {
    const workspace = workspacePath(operands[0]!, args.scheme, args.platform);
    const socketPath = await workspaceSocketPath(workspace, args);
    if (output.json) output.value({ workspace, socketPath });
    else output.line(socketPath);
    return ExitCode.Done;
  },
});

/** The path that is hashed: a workspace may be named before it is made. */
function workspacePath(
  path: string,
  scheme: InstanceScheme,
  platform: SystemContext["os"] = system.os,
): string {
  if (path === "") throw new SessionctlError("USAGE", "WORKSPACE is empty");
  if (path.includes("\0")) throw new SessionctlError("USAGE", "WORKSPACE contains a NUL byte");
  if (platform === "windows" && system.os !== "windows" && isWindowsPath(path)) return path;
  const absolute = writtenPath(path);
  if (scheme === "vscode-mcp") return absolute;
  if (system.os !== "windows") return realPathOf(absolute);
  try {
    return Deno.realPathSync(absolute);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return absolute;
    throw error;
  }
}
