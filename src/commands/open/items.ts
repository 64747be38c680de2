import { type ParsedArguments, usage } from "../../cli/mod.ts";
import {
  descriptorOf,
  itemOfOperand,
  itemOfUri,
  type OpenItem,
  type OpenModes,
  type Position,
  readOperand,
} from "../../open/mod.ts";
import type { SessionctlError } from "../../errors.ts";
import { absolutePath, fileIdentity, realPathOf } from "../../platform/mod.ts";
import { currentFolder } from "../shared/editor_target.ts";
import type { OpenContext } from "./spec.ts";

/** What a descriptor of ours brings, which is to be opened. */
export interface OpenStream {
  readonly descriptor: number;
  readonly position?: Position;
}

/** What a call of `open` is to open. */
export interface OpenRequest {
  readonly modes: OpenModes;
  /** In the order in which they are to be opened. */
  readonly items: readonly (OpenItem | OpenStream)[];
}

/** Whether it is a stream, which becomes an item once it has a file. */
export function isStream(item: OpenItem | OpenStream): item is OpenStream {
  return "descriptor" in item;
}

/**
 * Reads operands and options.
 *
 * @throws {SessionctlError} `USAGE` for a wrong number of operands, options that exclude
 * each other, nothing to wait for, or input that nobody asked for; and what `readOperand` throws.
 */
export function readRequest(context: OpenContext): OpenRequest {
  const modes = readModes(context);
  const items = readItems(context, modes);
  const count = items.length;
  const { together } = modes;
  if (together === "diff" && count !== 2) throw usage(`--diff needs two files, not ${count}`);
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
  if (context.args.wait && !hasFile) throw usage("--wait needs a file to wait for");
  if (count === 0 && !modes.newWindow && bringsInput()) {
    throw usage("there is input on stdin, and no operand", "- opens what stdin brings");
  }
  return { modes, items };
}

/** Whether stdin is a pipe or a file: somebody means us to read it. */
function bringsInput(): boolean {
  try {
    const { isFifo, isFile } = Deno.statSync("/dev/stdin");
    return isFile || isFifo === true;
  } catch {
    return false; // It is closed, or a socket, which a service manager hands out unasked.
  }
}

function readModes({ args }: OpenContext): OpenModes {
  const { remote } = args;
  const isLocal = remote === "" || remote === "local" || remote === "false";
  return {
    newWindow: args.newWindow,
    reuseWindow: args.reuseWindow,
    together: (["diff", "merge", "add", "remove"] as const).find((mode) => args[mode]),
    goto: args.goto,
    remoteAuthority: isLocal ? null : remote,
  };
}

function readItems(
  { args, operands, given }: OpenContext,
  { together }: OpenModes,
): (OpenItem | OpenStream)[] {
  let folder: string | undefined;
  const here = () => folder ??= currentFolder();
  const items: (OpenItem | OpenStream)[] = [];
  for (const kind of ["folder", "file"] as const) {
    for (const uri of args[`${kind}Uri`]) {
      if (!/^[a-z][a-z0-9+.-]*:/i.test(uri)) throw usage(`--${kind}-uri is not a URI: ${uri}`);
      items.push(itemOfUri(kind, uri, () => realPathOf(here())));
    }
  }
  if (together === "add" || together === "remove") {
    for (const typed of operands) items.push(folderItem(typed, together, here));
    return items;
  }
  const streams = new Map<number, string>();
  for (const { typed, position } of withPositions(given, here)) {
    const descriptor = descriptorOf(typed);
    if (descriptor === undefined) {
      items.push(itemOfOperand(readOperand(typed, here, position)));
      continue;
    }
    const other = streams.get(descriptor);
    if (other === typed) throw usage(`${typed} was given twice, and can be read once`);
    if (other) throw usage(`${other} and ${typed} are the same stream, which can be read once`);
    streams.set(descriptor, typed);
    items.push({ descriptor, position });
  }
  return items;
}

interface NamedOperand {
  readonly typed: string;
  position?: Position;
}

/**
 * The operands, each with the position that another one tells: `+LINE FILE` as vi and the
 * programs that call it have it, also `+LINE:COLUMN`, `+LINE,COLUMN` and, at the end, `FILE +LINE`.
 * A file that is called so, and what stands behind `--`, is an operand like others.
 */
function withPositions(args: ParsedArguments, here: () => string): NamedOperand[] {
  const named: NamedOperand[] = [];
  let waiting: { readonly typed: string; readonly position: Position } | undefined;
  for (const [at, typed] of args.operands.entries()) {
    const position = at < args.operandsBeforeDashes ? positionIn(typed) : undefined;
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
    `${typed} is a line, and there is no file for it`,
    `a file of that name is ./${typed}`,
  );
}

/** A folder that is to be removed from a window may be gone from the disk. */
function folderItem(typed: string, mode: "add" | "remove", here: () => string): OpenItem {
  const operand = readOperand(typed, here);
  if (operand.kind === "folder") return itemOfOperand(operand);
  const missing = fileIdentity(operand.path) === undefined;
  if (missing && mode === "remove") {
    return itemOfOperand({ ...operand, kind: "folder", position: undefined });
  }
  throw usage(
    `--${mode}: ${JSON.stringify(typed)} is ${missing ? "not there" : "no folder"}`,
  );
}
