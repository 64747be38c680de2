import { CLI_SOCKET_NAME, system, type SystemContext } from "../platform/mod.ts";
import { type EditorLiveness, probeEditor, type ProbeOptions } from "../editor/mod.ts";
import { codeServerWindows } from "./code_server.ts";
import type { EditorKind } from "./environment.ts";
import { inspectProcesses } from "./processes.ts";
import { type EditorSocketFile, editorSocketFile, findEditorSockets } from "./sockets.ts";

/** An unregistered editor socket. */
export interface EditorCandidate extends EditorSocketFile {
  /** Its product; `editor` if unknown. */
  readonly kind: EditorKind;
  /** The working folders of its processes; empty if unknown. */
  readonly folders: readonly string[];
}

export interface DiscoveredEditor extends EditorCandidate {
  readonly liveness: EditorLiveness;
  /** Present if a code-server's own registry knows the window. */
  readonly knownTo?: "code-server";
}

/** A window without processes yet, or on a system that does not show them. */
const UNKNOWN = { kind: "editor", folders: [] } as const;

const KNOWN = { knownTo: "code-server" } as const;

/** Maximum number of concurrent probes. */
const PROBES_AT_ONCE = 16;

/**
 * This user's editor sockets, most recent first, without probing them.
 *
 * @param allowOwners Further user ids whose sockets and processes count (`--allow-owner`).
 */
export function listEditorCandidates(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): EditorCandidate[] {
  const sockets = findEditorSockets(context, CLI_SOCKET_NAME, allowOwners);
  const files = new Map(sockets.map((file) => [file.socketPath, file]));
  const windows = inspectProcesses(context, allowOwners);
  const owners = [context.uid, ...allowOwners];
  // A window with another temporary directory has its socket there; its processes name it.
  for (const socketPath of windows.keys()) {
    const file = files.has(socketPath) ? undefined : editorSocketFile(socketPath, owners);
    if (file) files.set(socketPath, file);
  }
  return [...files.values()]
    .sort((a, b) => b.modifiedAt - a.modifiedAt)
    .map((file) => ({ ...file, ...windows.get(file.socketPath) ?? UNKNOWN }));
}

/**
 * Finds this user's editor windows without a registry: the socket files in the runtime and
 * temporary directories, each with its product, the working folders of its processes (both only on
 * Linux) and its liveness, most recent first. Windows that only a code-server's own registry names
 * follow. The result includes sockets with a similar name on which another program answers
 * (`no-editor`).
 *
 * @example
 * ```ts
 * const live = (await discoverEditors()).filter((editor) => editor.liveness === "live");
 * ```
 */
export async function discoverEditors(
  options: ProbeOptions = {},
  context: SystemContext = system,
): Promise<DiscoveredEditor[]> {
  const { allowOwners = [] } = options;
  const candidates = listEditorCandidates(context, allowOwners);
  const folders = candidates.flatMap((candidate) => candidate.folders);
  const known = await codeServerWindows(folders, context, allowOwners);
  const others = [...known].filter((path) =>
    !candidates.some(({ socketPath }) => socketPath === path)
  );
  for (const socketPath of others) {
    const file = editorSocketFile(socketPath, [context.uid, ...allowOwners]);
    if (file) candidates.push({ ...file, ...UNKNOWN });
  }
  const found: DiscoveredEditor[] = [];
  for (let at = 0; at < candidates.length; at += PROBES_AT_ONCE) {
    const batch = candidates.slice(at, at + PROBES_AT_ONCE).map(async (candidate) => ({
      ...candidate,
      ...(known.has(candidate.socketPath) ? KNOWN : {}),
      liveness: await probeEditor(candidate.socketPath, options),
    }));
    found.push(...await Promise.all(batch));
  }
  return found;
}
