/** Unregistered editor sockets, live and stale. */
export { terminalFolders } from "./terminals.ts";
export {
  type DiscoveredEditor,
  discoverEditors,
  type EditorCandidate,
  listEditorCandidates,
} from "./editors.ts";
export { editorKind } from "./environment.ts";
export { findRemoteCli } from "./remote_cli.ts";
export { findEditorSockets, othersEditorSockets } from "./sockets.ts";
export { findStaleSockets, type RemovedSocket, removeStaleSocket } from "./stale_sockets.ts";
