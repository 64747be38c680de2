import type { Command } from "../cli/mod.ts";
import { ExitCode } from "../cli/mod.ts";
import {
  type InstanceScheme,
  isWindowsPath,
  realPathOf,
  SessionctlError,
  system,
  type SystemContext,
  workspaceSocketPath,
} from "../platform/mod.ts";
import { writtenPath } from "./written_path.ts";

const PLATFORMS = ["linux", "darwin", "windows"] as const;
const SCHEMES = ["adr", "vscode-mcp"] as const;

/** `sessionctl path`: where the instance socket of a workspace is. */
export const command: Command = {
  spec: {
    name: "path",
    group: "servers",
    summary: "Print the instance socket's path of a workspace",
    operands: [{ name: "WORKSPACE", kind: "directory" }],
    options: [
      {
        name: "app",
        type: "value",
        valueName: "NAME",
        summary: "The application the socket belongs to",
        default: "sessionctl",
      },
      {
        name: "scheme",
        type: "value",
        valueName: "SCHEME",
        kind: SCHEMES,
        summary: "How the path is derived: adr or vscode-mcp",
        default: "adr",
      },
      {
        name: "platform",
        type: "value",
        valueName: "OS",
        kind: PLATFORMS,
        summary: "Print it for linux, darwin or windows",
        unlessGiven: "this one",
      },
    ],
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
  },
  async run({ args, output }) {
    const platform = args.value("platform") as SystemContext["os"] | undefined;
    const scheme = args.value("scheme") as InstanceScheme | undefined;
    const workspace = workspacePath(args.operands[0]!, scheme, platform);
    const options = { app: args.value("app"), platform, scheme };
    const socketPath = await workspaceSocketPath(workspace, options);
    if (output.json) output.value({ workspace, socketPath });
    else output.line(socketPath);
    return ExitCode.Done;
  },
};

/** The path that is hashed: a workspace may be named before it is made. */
function workspacePath(
  path: string,
  scheme: InstanceScheme | undefined,
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
