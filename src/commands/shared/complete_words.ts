import type { CommandTable } from "../../cli/mod.ts";
import {
  completedCommands,
  type Completion,
  type Place,
  placeOf,
} from "../../cli/completions/mod.ts";
import { system } from "../../platform/mod.ts";
import { quote } from "../../shell/mod.ts";
import { allSpecs } from "./all_specs.ts";
import { type CandidateKind, candidatesOf } from "./candidates.ts";

/** Where PowerShell's completer puts the words, one a line: the program's name, the last typed. */
const VARIABLE = "SESSIONCTL_WORDS";

/** The names that PowerShell completes besides; it lists them itself. */
type Files = "all" | "folders" | "programs" | "none";

/**
 * Completes the command line in `SESSIONCTL_WORDS` for PowerShell.
 *
 * @param socket The registry's socket (`--socket`).
 * @returns JSON in ASCII, because Windows PowerShell reads a program's output in the code page of
 * the console: `text` is what is inserted, `shown` and `what` are for the list.
 */
export async function completeWords(
  commands: CommandTable,
  socket: string | undefined,
): Promise<string> {
  const [program = "", ...words] = (system.env(VARIABLE) ?? "").split("\n");
  const isOpen = !/(?:^|[\\/])sessionctl[^\\/]*$/i.test(program);
  const line = isOpen ? ["open", ...words] : words;
  const place = placeOf(line, completedCommands(await allSpecs(commands)));
  const [kind, files] = sourcesOf(place);
  const known = kind === undefined ? [] : await candidatesOf(kind, socket);
  const found = [...place.words, ...known].filter(([word]) => beginsWith(word, place.typed));
  const candidates = found.map(([word, what]: Completion) => ({
    text: quote("powershell", place.before + word),
    shown: word,
    what: what === "" ? word : what,
  }));
  // PowerShell would insert a file's name without the option ahead of it.
  const besides = place.before === "" ? files : "none";
  return inAscii(JSON.stringify({ candidates, files: besides, typed: place.typed }));
}

function sourcesOf({ values, typed }: Place): [CandidateKind | undefined, Files] {
  switch (values) {
    case undefined:
      return [undefined, "none"];
    case "file":
      return [undefined, "all"];
    case "program":
      return [undefined, "programs"];
    case "directory":
      return ["directory", "folders"];
    case "workspace":
      return ["directory", "all"];
    case "place":
      // Hosts are asked for when the word can be the beginning of a host's name.
      return [typed === "" || /[\\/]/.test(typed) ? undefined : "place", "all"];
    case "socket":
      return ["socket", "all"];
    default:
      return [values, "none"];
  }
}

/** Whatever the letter case, as PowerShell completes, and on Windows whatever the slashes. */
function beginsWith(word: string, typed: string): boolean {
  const key = (text: string) => {
    const lower = text.toLowerCase();
    return system.os === "windows" ? lower.replaceAll("/", "\\") : lower;
  };
  return key(word).startsWith(key(typed));
}

function inAscii(json: string): string {
  return json.replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
