import { type OpenMessage, pathOfUri, remoteUri } from "../editor/mod.ts";
import { type Operand, operandUri, type Position, positionedUri } from "./operand.ts";
import { realPathOf } from "../platform/mod.ts";

/** One thing to open. */
export interface OpenItem {
  readonly kind: "file" | "folder";
  /** As the user named it. */
  readonly typed: string;
  /** What its window is looked for by: absolute, links resolved. */
  readonly realPath: string;
  /** Whether it has a line to go to, or a name an editor in goto mode would misread. */
  readonly goto: "wanted" | "never" | "indifferent";
  uri(goto: boolean): string;
}

/** How a call of `open` wants its items opened. */
export interface OpenModes {
  readonly newWindow: boolean;
  readonly reuseWindow: boolean;
  /** `diff` and `merge` take all items as one, in their order. */
  readonly together?: "diff" | "merge" | "add" | "remove";
  /** `-g` was given. */
  readonly goto: boolean;
  /** `--remote`; null is a local window. */
  readonly remoteAuthority?: string | null;
}

export function itemOfOperand(operand: Operand): OpenItem {
  const { kind, typed, realPath, position, neverGoto } = operand;
  const goto = neverGoto ? "never" : position ? "wanted" : "indifferent";
  return { kind, typed, realPath, goto, uri: (goto) => operandUri(operand, goto) };
}

/**
 * An item given as a URI (`--file-uri`, `--folder-uri`), which is sent as it is.
 *
 * @param elsewhere What its window is looked for by when the URI names no path of this machine.
 */
export function itemOfUri(
  kind: OpenItem["kind"],
  uri: string,
  elsewhere: () => string,
): OpenItem {
  const path = pathOfUri(uri);
  const realPath = path === undefined ? elsewhere() : realPathOf(path);
  return { kind, typed: uri, realPath, goto: "indifferent", uri: () => uri };
}

/**
 * What is read from a stream: a file at `path` whose window is that of `folder`.
 *
 * @param position Where in it, if that was told.
 */
export function itemOfStream(path: string, folder: string, position?: Position): OpenItem {
  return {
    kind: "file",
    typed: path,
    realPath: folder,
    goto: position ? "wanted" : "indifferent",
    uri: (goto) => positionedUri(path, goto ? position : undefined),
  };
}

/**
 * The messages that open the items in one window: one, or two when some have a line
 * and others must not be read for one.
 *
 * @param authority The remote to which the window maps `file://` URIs, if it does.
 */
export function openMessages(
  items: readonly OpenItem[],
  modes: OpenModes,
  authority?: string,
): OpenMessage[] {
  const never = items.filter(({ goto }) => goto === "never");
  const wanted = modes.goto || items.some(({ goto }) => goto === "wanted");
  const build = (part: readonly OpenItem[], goto: boolean) =>
    openMessage(part, modes, goto, authority);
  if (!wanted || never.length === 0) return [build(items, wanted)];
  // What belongs together cannot be split: then the names count more than the lines.
  if (modes.together || never.length === items.length) return [build(items, false)];
  return [build(items.filter(({ goto }) => goto !== "never"), true), build(never, false)];
}

function openMessage(
  items: readonly OpenItem[],
  modes: OpenModes,
  goto: boolean,
  authority: string | undefined,
): OpenMessage {
  const uris = (kind: OpenItem["kind"]) =>
    items.filter((item) => item.kind === kind).map((item) => {
      const uri = item.uri(goto);
      return authority === undefined ? uri : remoteUri(uri, authority);
    });
  return {
    type: "open",
    fileURIs: uris("file"),
    folderURIs: uris("folder"),
    forceNewWindow: modes.newWindow,
    forceReuseWindow: modes.reuseWindow,
    diffMode: modes.together === "diff",
    mergeMode: modes.together === "merge",
    addMode: modes.together === "add",
    removeMode: modes.together === "remove",
    gotoLineMode: goto,
    ...(modes.remoteAuthority === undefined ? {} : { remoteAuthority: modes.remoteAuthority }),
  };
}
