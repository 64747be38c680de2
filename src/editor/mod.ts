/** VS Code's command-line pipe: the messages to an editor socket, and its answers. */
export { codeServerSession, sessionAnswer } from "./code_server_session.ts";
export { extensionFailure, extensionsIn, installedExtensions } from "./extensions.ts";
export { fileUri, pathOfUri, remoteUri } from "./file_uri.ts";
export { firstLive } from "./first_live.ts";
export { isMisread, positionText } from "./goto.ts";
export { hasPage } from "./page.ts";
export type { EditorMessage, ExtensionManagementMessage, OpenMessage } from "./messages.ts";
export {
  DEFAULT_PROBE_TIMEOUT_MS,
  type EditorLiveness,
  livenessOf,
  probeEditor,
  type ProbeOptions,
} from "./probe.ts";
export { PATIENCE_MS, plainText, sendToEditor, wasNotSent } from "./send.ts";
export { exists, waitForClose } from "./wait.ts";
