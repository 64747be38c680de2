/** VS Code's command-line pipe: what an editor socket is told, and what it answers. */
export { codeServerSession } from "./code_server_session.ts";
export { fileUri, pathOfUri, remoteUri } from "./file_uri.ts";
export { firstLive, type FirstLiveOptions } from "./first_live.ts";
export { hasPage } from "./page.ts";
export type {
  ClipboardMessage,
  EditorMessage,
  ExtensionManagementMessage,
  OpenExternalMessage,
  OpenMessage,
  StatusMessage,
} from "./messages.ts";
export {
  itemOfOperand,
  itemOfStream,
  itemOfUri,
  type OpenItem,
  openMessages,
  type OpenModes,
} from "./open_message.ts";
export {
  type Operand,
  operandUri,
  type Position,
  readOperand,
  workingDirectory,
} from "./operand.ts";
export {
  DEFAULT_PROBE_TIMEOUT_MS,
  type EditorLiveness,
  probeEditor,
  type ProbeOptions,
} from "./probe.ts";
export { PATIENCE_MS, plainText, type SendOptions, sendToEditor } from "./send.ts";
export { copyStream, descriptorOf, type StreamFile, streamFileName } from "./stream_file.ts";
export { PrivateFiles } from "./private_files.ts";
export { waitForClose } from "./wait.ts";

import type { MergeResult } from "./merge_result.ts";

export type { MergeResult };

/** The result of a three-way merge before the editor has it; see `MergeResult.before`. */
export async function mergeResultBefore(uris: readonly string[]): Promise<MergeResult | undefined> {
  const { MergeResult } = await import("./merge_result.ts");
  return MergeResult.before(uris);
}
