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

/** Set by PowerShell's completer to the words, one per line, from the program's name on. */
const VARIABLE = "SESSIONCTL_WORDS";

/** The file names that PowerShell itself completes in addition. */
type Files = "all" | "folders" | "programs" | "none";

/**
 * Completes the command line in `SESSIONCTL_WORDS` for PowerShell.
 *
 * @param socket The registry's socket (`--socket`).
 * @returns JSON in ASCII, because Windows PowerShell reads a program's output in the code page of
 * the console: `text` is inserted, `shown` and `what` appear in the list.
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
  // PowerShell would insert a file's name without the option before it.
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
      // Hosts are only looked up if the word can be the beginning of a host's name.
      return [typed === "" || /[\\/]/.test(typed) ? undefined : "place", "all"];
    case "socket":
      return ["socket", "all"];
    default:
      return [values, "none"];
  }
}

/** Ignores letter case, like PowerShell, and on Windows the kind of slash. */
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
