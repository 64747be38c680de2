/** One call of `open`: what it opens, and how an editor is told. */
export { launch } from "./launch.ts";
export {
  itemOfOperand,
  itemOfStream,
  itemOfUri,
  type OpenItem,
  openMessages,
  type OpenModes,
} from "./open_message.ts";
export { type Operand, type Position, readOperand } from "./operand.ts";
export { PrivateFiles } from "./private_files.ts";
export { copyStream, descriptorOf, type StreamFile, streamFileName } from "./stream_file.ts";
export { waitForClose } from "./wait.ts";

import type { MergeResult } from "./merge_result.ts";

export type { MergeResult };

/** The result of a three-way merge before the editor has it; see `MergeResult.before`. */
export async function mergeResultBefore(uris: readonly string[]): Promise<MergeResult | undefined> {
  const { MergeResult } = await import("./merge_result.ts");
  return MergeResult.before(uris);
}
