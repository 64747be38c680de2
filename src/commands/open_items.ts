import { type CommandContext, usage } from "../cli/mod.ts";
import {
  itemOfOperand,
  itemOfUri,
  type OpenItem,
  type OpenModes,
  readOperand,
} from "../editor/mod.ts";
import { fileIdentity, realPathOf } from "../platform/mod.ts";
import { currentFolder } from "./editor_target.ts";

/** What a call of `open` is to open. */
export interface OpenRequest {
  readonly modes: OpenModes;
  readonly items: readonly OpenItem[];
  /** Where among the items what is read from stdin belongs; undefined if `-` was not given. */
  readonly stdinAt: number | undefined;
}

/**
 * Reads operands and options.
 *
 * @throws {SessionctlError} `USAGE` for a wrong number of operands, options that exclude
 * each other, or nothing to wait for; and what `readOperand` throws.
 */
export function readRequest(context: CommandContext): OpenRequest {
  const modes = readModes(context);
  const { items, stdinAt } = readItems(context, modes);
  const count = items.length + (stdinAt === undefined ? 0 : 1);
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
  const isFile = items.some(({ kind }) => kind === "file") || stdinAt !== undefined;
  if (context.args.flag("wait") && !isFile) throw usage("--wait needs a file to wait for");
  return { modes, items, stdinAt };
}

function readModes({ args }: CommandContext): OpenModes {
  const modes = (["diff", "merge", "add", "remove"] as const).filter((name) => args.flag(name));
  if (modes.length > 1) throw usage(`--${modes[0]} and --${modes[1]} exclude each other`);
  const remote = args.value("remote");
  return {
    newWindow: args.flag("new-window"),
    reuseWindow: args.flag("reuse-window"),
    together: modes[0],
    goto: args.flag("goto"),
    remoteAuthority: remote === "local" || remote === "false" ? null : remote,
  };
}

function readItems(
  { args }: CommandContext,
  { together }: OpenModes,
): Pick<OpenRequest, "items" | "stdinAt"> {
  let folder: string | undefined;
  const here = () => folder ??= currentFolder();
  const items: OpenItem[] = [];
  for (const kind of ["folder", "file"] as const) {
    for (const uri of args.list(`${kind}-uri`)) {
      if (!/^[a-z][a-z0-9+.-]*:/i.test(uri)) throw usage(`--${kind}-uri is not a URI: ${uri}`);
      items.push(itemOfUri(kind, uri, () => realPathOf(here())));
    }
  }
  let stdinAt: number | undefined;
  for (const typed of args.operands) {
    if (together === "add" || together === "remove") items.push(folderItem(typed, together, here));
    else if (typed !== "-") items.push(itemOfOperand(readOperand(typed, here)));
    else if (stdinAt === undefined) stdinAt = items.length;
    else throw usage("- was given twice, and there is one stdin");
  }
  return { items, stdinAt };
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
