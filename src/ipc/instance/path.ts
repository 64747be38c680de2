import { join } from "@std/path/posix";
import { SessionctlError } from "../../errors.ts";
import {
  homeDirectory,
  isWindowsPath,
  sha256,
  system,
  type SystemContext,
  withoutTrailingBackslashes,
} from "../../platform/mod.ts";

/** The ways in which the path of an instance socket is derived from its workspace. */
export const INSTANCE_SCHEMES = ["adr", "vscode-mcp"] as const;
/** A way to derive the path of an instance socket. */
export type InstanceScheme = (typeof INSTANCE_SCHEMES)[number];

/** Options of an instance path; by default, the path of sessionctl's own instance sockets. */
export interface InstancePathOptions {
  /** The application's name in the path; only with the scheme `adr`. */
  readonly app?: string;
  /** The scheme; `adr` by default. */
  readonly scheme?: InstanceScheme;
  /** The platform whose convention applies; the current one by default. */
  readonly platform?: SystemContext["os"];
}

export const DEFAULT_INSTANCE_APP = "sessionctl";

/**
 * The socket of the instance that has `workspace` open. Every process computes the same path, so
 * that it need not be passed on.
 *
 * Scheme `adr` (ADR-009): `$XDG_DATA_HOME/APP/ipc-HASH.sock`, or `\\.\pipe\APP-HASH` on Windows.
 * HASH is the first 16 hex digits of the SHA-256 of the workspace's absolute real path without a
 * trailing slash. Scheme `vscode-mcp` (tjx666/vscode-mcp): `vscode-mcp-HASH.sock` in
 * `yutengjing-vscode-mcp`, or in `~/Library/Application Support/YuTengjing.vscode-mcp` on macOS.
 * HASH is the first 8 hex digits of the MD5 of the workspace's path as VS Code has it: links kept,
 * no trailing slash, a drive's letter in lower case. Source: its `vscode-mcp-ipc/src/dispatch.ts`;
 * microsoft/vscode `src/vs/base/common/uri.ts` (`uriToFsPath`).
 *
 * @param workspace The absolute path of a folder: for `adr` its real path, for `vscode-mcp`
 * the path under which it was opened.
 * @returns the absolute path of the socket, or the name of the pipe.
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory, `INVALID_ARGUMENT`
 * if `app` is not a valid name.
 * @example
 * ```ts
 * await workspaceSocketPath("/home/ann/api"); // "/home/ann/.local/share/sessionctl/ipc-....sock"
 * ```
 */
export async function workspaceSocketPath(
  workspace: string,
  options: InstancePathOptions = {},
  context: SystemContext = system,
): Promise<string> {
  const platform = options.platform ?? context.os;
  if (options.scheme === "vscode-mcp") {
    const name = await vscodeMcpName(workspace, platform);
    if (platform === "windows") return `\\\\.\\pipe\\${name}`;
    return join(vscodeMcpDirectory({ ...context, os: platform }), `${name}.sock`);
  }
  const app = checkAppName(options.app ?? DEFAULT_INSTANCE_APP);
  const hash = sha256(hashedPath(workspace, platform)).slice(0, 16);
  return platform === "windows"
    ? `\\\\.\\pipe\\${app}-${hash}`
    : join(dataDirectory(context), app, `ipc-${hash}.sock`);
}

/**
 * The paths where older versions of tjx666/vscode-mcp listen: in the temporary directory of their
 * editor, which may differ from that of this process.
 * Source: its `getLegacySocketPath`, `os.tmpdir()` of Node.
 *
 * @param workspace As for {@link workspaceSocketPath}.
 * @returns no path on Windows, whose pipe name never changed.
 */
export async function formerVscodeMcpPaths(
  workspace: string,
  context: SystemContext = system,
): Promise<string[]> {
  if (context.os === "windows") return [];
  const name = await vscodeMcpName(workspace, context.os);
  const variables = ["TMPDIR", "TMP", "TEMP"].map((variable) => context.env(variable));
  const directories = [...variables, "/tmp"].filter((path) => path?.startsWith("/")) as string[];
  return [...new Set(directories.map((directory) => join(directory, `${name}.sock`)))];
}

async function vscodeMcpName(
  workspace: string,
  platform: SystemContext["os"],
): Promise<string> {
  const path = hashedPath(workspace, platform)
    // Leading slashes count as one; on Windows, two of them start a network path.
    .replace(/^\/+/, "/")
    .replace(/^[A-Z]:/, (drive) => platform === "windows" ? drive.toLowerCase() : drive);
  return `vscode-mcp-${(await md5(path)).slice(0, 8)}`;
}

/** Removes a trailing slash, unless the path is a root: `/`, `c:\`, `\\server\share\`. */
function hashedPath(path: string, platform: SystemContext["os"]): string {
  if (platform !== "windows" || !isWindowsPath(path)) return path.replace(/(.)\/+$/s, "$1");
  return withoutTrailingBackslashes(path.replaceAll("/", "\\"));
}

/** Checks a name that becomes a part of a path, so that it cannot lead to another directory. */
function checkAppName(app: string): string {
  if (/^[^/\\\0]+$/.test(app) && app !== "." && app !== "..") return app;
  throw new SessionctlError(
    "INVALID_ARGUMENT",
    `not a name for an application: ${JSON.stringify(app)}`,
  );
}

/** The directory that holds the instance sockets of `app`. */
export function instanceDirectory(
  options: Pick<InstancePathOptions, "app" | "scheme"> = {},
  context: SystemContext = system,
): string {
  if (options.scheme === "vscode-mcp") return vscodeMcpDirectory(context);
  return join(dataDirectory(context), checkAppName(options.app ?? DEFAULT_INSTANCE_APP));
}

function vscodeMcpDirectory(context: SystemContext): string {
  const home = homeDirectory(context);
  if (context.os !== "darwin" || home === undefined) {
    return join(dataDirectory(context), "yutengjing-vscode-mcp");
  }
  return join(home, "Library/Application Support/YuTengjing.vscode-mcp");
}

function dataDirectory(context: SystemContext): string {
  const data = context.env("XDG_DATA_HOME");
  if (data?.startsWith("/")) return data;
  const home = homeDirectory(context);
  if (home === undefined) {
    throw new SessionctlError(
      "STATE_UNAVAILABLE",
      "no home directory to look for sockets in",
      {
        hint: "set HOME or XDG_DATA_HOME",
      },
    );
  }
  return join(home, ".local/share");
}

async function md5(text: string): Promise<string> {
  // Web Crypto has no MD5, and `node:crypto` is imported only here because loading it takes time.
  const { createHash } = await import("node:crypto");
  return createHash("md5").update(text).digest("hex");
}
