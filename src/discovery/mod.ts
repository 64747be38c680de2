/** Editor sockets nobody registered. */
export {
  type DiscoveredEditor,
  discoverEditors,
  type EditorCandidate,
  listEditorCandidates,
} from "./editors.ts";
export { inferFolders, isWithin } from "./processes.ts";
export { type EditorSocketFile, findEditorSockets } from "./sockets.ts";
