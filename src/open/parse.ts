import { SessionctlError } from "../errors.ts";
import { absolutePath, fileIdentity, realPathOf } from "../platform/mod.ts";
import {
  itemOfPath,
  itemOfUri,
  type OpenItem,
  type OpenModes,
  type Position,
  type StreamItem,
} from "./item.ts";
import { readOperand } from "./operand.ts";
import { descriptorOf } from "./stream_file.ts";

/** The part of a command line that names files, folders, URIs and streams. */
export interface OpenWords {
  readonly operands: readonly string[];
  /** Number of operands before `--`; those after it are taken literally. */
  readonly operandsBeforeDashes: number;
  readonly folderUris: readonly string[];
  readonly fileUris: readonly string[];
  readonly wait: boolean;
  /** The items of the operands that are written as `HOST:PATH`. */
  readonly ofHosts?: ReadonlyMap<string, OpenItem> | undefined;
}

/**
 * Parses the files, folders, URIs and streams that a command line names.
 *
 * @param workingDirectory Gives the folder to which relative names refer; called only if needed.
 * @returns the items, in the order in which they are opened.
 * @throws {SessionctlError} `USAGE` for a wrong number of operands, `--wait` without a file, or
 * input on stdin without an operand; and the errors of `readOperand`.
 */
export function parseItems(
  words: OpenWords,
  modes: OpenModes,
  workingDirectory: () => string,
): (OpenItem | StreamItem)[] {
  let folder: string | undefined;
  const here = () => folder ??= workingDirectory();
  const items: (OpenItem | StreamItem)[] = [
    ...words.folderUris.map((uri) => uriItem("folder", uri, here)),
    ...words.fileUris.map((uri) => uriItem("file", uri, here)),
  ];
  const { together } = modes;
  if (together === "add" || together === "remove") {
    for (const typed of words.operands) {
      items.push(words.ofHosts?.get(typed) ?? folderItem(typed, together, here));
    }
  } else items.push(...filesAndStreams(words, here));
  checkItems(items, modes, words.wait);
  return items;
}

function checkItems(
  items: readonly (OpenItem | StreamItem)[],
  { together, newWindow }: OpenModes,
  wait: boolean,
): void {
  const count = items.length;
  if (together === "diff" && count !== 2) {
    throw usage(`--diff needs two files, not ${count}`, "name them in this order: OLD NEW");
  }
  if (together === "merge" && count !== 4) {
    throw usage(
      `--merge needs four files, not ${count}`,
      "name them in this order: A B BASE RESULT",
    );
  }
  if ((together === "add" || together === "remove") && count === 0) {
    throw usage(`--${together} needs FOLDER...`);
  }
  const hasFile = items.some((item) => isStream(item) || item.kind === "file");
  if (wait && !hasFile) throw usage("--wait needs a file to wait for");
  if (count === 0 && !newWindow && bringsInput()) {
    throw usage(
      "there is input on stdin but no operand",
      "to open the input, run: sessionctl open -",
    );
  }
}

/** Whether an item is a stream, which becomes an ordinary item once it has a file. */
export function isStream(item: OpenItem | StreamItem): item is StreamItem {
  return "descriptor" in item;
}

/** Whether stdin is a pipe or a file, which the user probably wants to be read. */
function bringsInput(): boolean {
  try {
    const { isFifo, isFile } = Deno.statSync("/dev/stdin");
    return isFile || isFifo === true;
  } catch {
    return false; // Stdin is closed, or a socket, which service managers provide to every program.
  }
}

function uriItem(kind: OpenItem["kind"], uri: string, here: () => string): OpenItem {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(uri)) throw usage(`--${kind}-uri is not a URI: ${uri}`);
  return itemOfUri(kind, uri, () => realPathOf(here()));
}

/** Parses the operands; each stream can be read only once. */
function filesAndStreams(words: OpenWords, here: () => string): (OpenItem | StreamItem)[] {
  const streams = new Map<number, string>();
  return withPositions(words, here).map(({ typed, position }) => {
    const descriptor = descriptorOf(typed);
    if (descriptor === undefined) {
      return words.ofHosts?.get(typed) ?? readOperand(typed, here, position);
    }
    const other = streams.get(descriptor);
    if (other === typed) throw usage(`${typed} is given twice but can be read only once`);
    if (other) {
      throw usage(`${other} and ${typed} name the same stream, which can be read only once`);
    }
    streams.set(descriptor, typed);
    return { descriptor, ...position && { position } };
  });
}

interface NamedOperand {
  readonly typed: string;
  position?: Position;
}

/**
 * Pairs each operand with the position that another operand gives: `+LINE FILE`, as vi and its
 * callers write it, also `+LINE:COLUMN`, `+LINE,COLUMN` and, at the end, `FILE +LINE`. An existing
 * file with such a name, and everything after `--`, is an ordinary operand.
 */
function withPositions(words: OpenWords, here: () => string): NamedOperand[] {
  const named: NamedOperand[] = [];
  let waiting: { readonly typed: string; readonly position: Position } | undefined;
  for (const [at, typed] of words.operands.entries()) {
    const position = at < words.operandsBeforeDashes ? positionIn(typed) : undefined;
    if (position === undefined || fileIdentity(absolutePath(typed, here)) !== undefined) {
      named.push({ typed, position: waiting?.position });
      waiting = undefined;
    } else if (waiting === undefined) waiting = { typed, position };
    else throw forNoFile(waiting.typed);
  }
  if (waiting === undefined) return named;
  const last = named.at(-1);
  if (last === undefined || last.position !== undefined) throw forNoFile(waiting.typed);
  last.position = waiting.position;
  return named;
}

function positionIn(typed: string): Position | undefined {
  const match = /^\+([0-9]{1,9})(?:[:,]([0-9]{1,9}))?$/.exec(typed);
  if (!match) return undefined;
  const [, line, column] = match;
  return { line: Number(line), ...column ? { column: Number(column) } : {} };
}

function forNoFile(typed: string): SessionctlError {
  return usage(
    `${typed} is a line number without a file`,
    `to open a file of that name, use ./${typed}`,
  );
}

/** The item of a folder. A folder to remove from a window need not exist any more. */
function folderItem(typed: string, mode: "add" | "remove", here: () => string): OpenItem {
  const item = readOperand(typed, here);
  if (item.kind === "folder") return item;
  const missing = fileIdentity(item.path) === undefined;
  if (missing && mode === "remove") return itemOfPath("folder", typed, item.path);
  throw usage(
    `--${mode}: ${JSON.stringify(typed)} ${missing ? "does not exist" : "is not a folder"}`,
  );
}

function usage(message: string, hint?: string): SessionctlError {
  return new SessionctlError("USAGE", message, { hint });
}
