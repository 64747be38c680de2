import { fileUri } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";

/** A window of a desktop editor, as its main process describes it. */
export interface DesktopWindow {
  readonly title: string;
  /** The pid of the process that draws it; 0 if unknown. */
  readonly pid: number;
  /** Its folders as URIs, such as `file:///home/ann/api` or `vscode-remote://ssh-remote+host/api`. */
  readonly folderUris: readonly string[];
  /** The remote that it works on, such as `ssh-remote+host`. */
  readonly remoteAuthority?: string;
  /** The editor's number for it; reported by editors of 2025 and later. */
  readonly id?: number;
}

/** A main process's description of itself. */
export interface MainDiagnostics {
  /** 0 if unknown. */
  readonly pid: number;
  readonly windows: readonly DesktopWindow[];
}

const MAX_WINDOWS = 256;
const MAX_FOLDERS = 256;
const MAX_TITLE = 1000;
const MAX_URI = 8192;

/**
 * Parses the answer to `getMainDiagnostics`. Only a bounded part is kept: 256 windows of 256
 * folders.
 *
 * Source: microsoft/vscode `src/vs/platform/diagnostics/common/diagnostics.ts`
 * (`IMainProcessDiagnostics`).
 *
 * @throws {SessionctlError} `INVALID_MESSAGE` for any other answer.
 */
export function readDiagnostics(answer: unknown): MainDiagnostics {
  const { mainPID, windows } = fieldsOf(answer);
  if (!Array.isArray(windows)) {
    throw new SessionctlError("INVALID_MESSAGE", "the answer does not list the editor's windows");
  }
  return { pid: pidOf(mainPID), windows: windows.slice(0, MAX_WINDOWS).map(readWindow) };
}

function readWindow(value: unknown): DesktopWindow {
  const { title, pid, folderURIs, remoteAuthority, id } = fieldsOf(value);
  const uris = Array.isArray(folderURIs) ? folderURIs.slice(0, MAX_FOLDERS) : [];
  const authority = typeof remoteAuthority === "string" ? authorityOf(remoteAuthority) : undefined;
  return {
    title: typeof title === "string" ? title.slice(0, MAX_TITLE) : "",
    pid: pidOf(pid),
    folderUris: uris.flatMap((uri) => readUri(uri) ?? []),
    ...(authority ? { remoteAuthority: authority } : {}),
    ...(typeof id === "number" ? { id } : {}),
  };
}

/** A URI as VS Code serializes it: its parts, or its text. */
function readUri(value: unknown): string | undefined {
  if (typeof value === "string") return value.length > MAX_URI ? undefined : value;
  const { scheme, authority, path } = fieldsOf(value);
  if (typeof scheme !== "string" || !/^[a-z][a-z0-9+.-]*$/i.test(scheme)) return undefined;
  if (typeof path !== "string" || path.length > MAX_URI || path.includes("\0")) return undefined;
  const host = typeof authority === "string" ? authorityOf(authority) ?? "" : "";
  return `${scheme}://${host}${fileUri(path).slice("file://".length)}`;
}

/** An authority of bounded length without characters that would end it in a URI; else undefined. */
function authorityOf(text: string): string | undefined {
  return text.length > 0 && text.length <= MAX_URI && !/[/?#\s]/.test(text) ? text : undefined;
}

function pidOf(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : 0;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
