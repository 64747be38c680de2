import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** The properties that stay the same as long as the extension host lives. */
export interface WindowIdentity {
  /** The id of the window: 32 hex digits, new for each extension host. */
  readonly windowId: string;
  /** The version of this extension. */
  readonly companion: string;
  readonly kind: string;
  readonly appName: string;
  readonly appVersion: string;
  readonly remoteName?: string;
}

const KINDS: Readonly<Record<string, string>> = {
  "Visual Studio Code": "vscode",
  "Visual Studio Code - Insiders": "vscode-insiders",
  "Code - OSS": "code-oss",
  "VSCodium - Insiders": "vscodium",
  "OpenVSCode Server": "openvscode-server",
};

/** @param companion The version of this extension. */
export function identify(companion: string): WindowIdentity {
  const { appName, remoteName } = vscode.env;
  return {
    windowId: randomBytes(16).toString("hex"),
    companion,
    kind: KINDS[appName] ?? appName.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
    appName,
    appVersion: vscode.version,
    ...(remoteName === undefined ? {} : { remoteName }),
  };
}

/**
 * The editor's own command-line socket of this window, unless `SESSIONCTL_COMPANION_SOCKET=own`
 * asks the companion to serve one anyway.
 */
export function hookSocket(): string | undefined {
  if (process.env.SESSIONCTL_COMPANION_SOCKET === "own") return undefined;
  // A window that is not remote may have inherited the variable from another editor's terminal.
  if (vscode.env.remoteName === undefined) return undefined;
  return process.env.VSCODE_IPC_HOOK_CLI || undefined;
}
