/**
 * The messages of an editor's command-line socket.
 * Source: microsoft/vscode `src/vs/workbench/api/node/extHostCLIServer.ts`; `clipboard`
 * is code-server's (`patches/clipboard.diff`).
 */
export interface OpenMessage {
  readonly type: "open";
  readonly fileURIs: readonly string[];
  readonly folderURIs: readonly string[];
  readonly forceNewWindow: boolean;
  readonly forceReuseWindow: boolean;
  readonly diffMode: boolean;
  readonly mergeMode: boolean;
  readonly addMode: boolean;
  readonly removeMode: boolean;
  /** Whether the file URIs end with `:line:column`. */
  readonly gotoLineMode: boolean;
  /** A file that the editor deletes when the tabs of this message are closed. */
  readonly waitMarkerFilePath?: string;
  /** The remote of a new window; null for a local one, absent for the editor's own. */
  readonly remoteAuthority?: string | null;
}

export interface OpenExternalMessage {
  readonly type: "openExternal";
  readonly uris: readonly string[];
}

export interface StatusMessage {
  readonly type: "status";
}

export interface ExtensionManagementMessage {
  readonly type: "extensionManagement";
  readonly list?: { readonly showVersions: boolean; readonly category?: string };
  /** Identifiers, or `file://` URLs of `.vsix` files. */
  readonly install?: readonly string[];
  readonly uninstall?: readonly string[];
  readonly force: boolean;
}

export interface ClipboardMessage {
  readonly type: "clipboard";
  readonly content: string;
}

export type EditorMessage =
  | OpenMessage
  | OpenExternalMessage
  | StatusMessage
  | ExtensionManagementMessage
  | ClipboardMessage;
