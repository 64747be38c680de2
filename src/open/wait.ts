import { type OpenMessage, waitForClose } from "../editor/mod.ts";
import type { Closed } from "./request.ts";

/** The function that waits for the files of a sent message; undefined without a wait marker. */
export function closedAfter(
  { waitMarkerFilePath: marker }: Pick<OpenMessage, "waitMarkerFilePath">,
  socketPath: string,
  allowOwners: readonly number[],
): Closed | undefined {
  return marker === undefined ? undefined : () => waitForClose(marker, socketPath, allowOwners);
}
