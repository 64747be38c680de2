/** Editor sockets nobody registered, live and stale. */
export { codeServerWindows } from "./code_server.ts";
export { terminalFolders } from "./terminals.ts";
export {
  type DiscoveredEditor,
  discoverEditors,
  type EditorCandidate,
  listEditorCandidates,
} from "./editors.ts";
export { type EditorKind, editorKind } from "./environment.ts";
export { inspectProcesses, type WindowTraces } from "./processes.ts";
export { findRemoteCli } from "./remote_cli.ts";
export { type EditorSocketFile, findEditorSockets, othersEditorSockets } from "./sockets.ts";
export {
  findStaleSockets,
  type RemovedSocket,
  removeStaleSocket,
  type StaleSocket,
} from "./stale_sockets.ts";
