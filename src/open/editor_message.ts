import { type OpenMessage, remoteUri } from "../editor/mod.ts";
import { type OpenItem, type OpenModes, type PathItem, uriOf } from "./item.ts";

export interface OpenMessageOptions {
  readonly modes: OpenModes;
  /** The remote to which the window maps `file://` URIs, if any. */
  readonly authority?: string | undefined;
  /** With `--wait`: creates a file that the editor deletes when a message's tabs are closed. */
  readonly marker?: (() => string) | undefined;
}

/**
 * The messages that open the items in one window: one, or two if some items have a line
 * and others have a name that must not be read as one.
 */
export function openMessages(
  items: readonly OpenItem[],
  options: OpenMessageOptions,
): OpenMessage[] {
  const { modes } = options;
  const wanted = modes.goto || items.some(({ goto }) => goto === "wanted");
  const never = items.filter(({ goto }) => goto === "never");
  if (!wanted || never.length === 0) return [openMessage(items, wanted, options)];
  // Items that belong together cannot be split: the names matter more than the lines.
  if (modes.together || never.length === items.length) return [openMessage(items, false, options)];
  const others = items.filter(({ goto }) => goto !== "never");
  return [openMessage(others, true, options), openMessage(never, false, options)];
}

/**
 * The items whose line the messages omit, because an editor would misread the name, or that of
 * another item in the same message.
 */
export function withoutLine(items: readonly OpenItem[], modes: OpenModes): PathItem[] {
  const all = modes.together !== undefined && items.some(({ goto }) => goto === "never");
  return items.filter((item): item is PathItem =>
    (all || item.goto === "never") && "path" in item && item.position !== undefined
  );
}

function openMessage(
  items: readonly OpenItem[],
  goto: boolean,
  { modes, authority, marker }: OpenMessageOptions,
): OpenMessage {
  const uris = (kind: OpenItem["kind"]) =>
    items.filter((item) => item.kind === kind).map((item) => {
      const uri = uriOf(item, goto);
      return authority === undefined ? uri : remoteUri(uri, authority);
    });
  const fileURIs = uris("file");
  return {
    type: "open",
    fileURIs,
    folderURIs: uris("folder"),
    forceNewWindow: modes.newWindow,
    forceReuseWindow: modes.reuseWindow,
    diffMode: modes.together === "diff",
    mergeMode: modes.together === "merge",
    addMode: modes.together === "add",
    removeMode: modes.together === "remove",
    gotoLineMode: goto,
    ...(modes.remoteAuthority === undefined ? {} : { remoteAuthority: modes.remoteAuthority }),
    ...(marker === undefined || fileURIs.length === 0 ? {} : { waitMarkerFilePath: marker() }),
  };
}
