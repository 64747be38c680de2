import type { Block } from "./markdown.ts";

/** One command of a document, which may span several lines. */
export interface DocCommand {
  readonly text: string;
  /** Its first line in the document, from 1. */
  readonly line: number;
  /** The output that the document shows; `...` stands for any text. */
  readonly output?: string;
  /** The expected exit code: 0 unless a comment says `# exits N`. */
  readonly exit: number;
  /**
   * Whether the command runs until it is interrupted; it is left running until the document's end.
   */
  readonly lasting: boolean;
  /** The shell that runs the script and its options; undefined for bash. */
  readonly interpreter?: readonly string[];
}

const INTERPRETERS: Record<string, readonly string[]> = {
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config"],
};

/** The languages of blocks that are commands. */
export const SHELLS = new Set(["sh", "bash", "console", ...Object.keys(INTERPRETERS)]);

const LASTING = /^\s*(?:\w+=\S* +)*sessionctl +(?:(?:serve|relay|watch|run)\b|call\b.* --listen\b)/;
const ENDS_AT_ONCE = /--(?:detach|help|list|stop|relaunch)\b|&\s*$/;
const EXITS = /#.*\bexits ([0-9]+)/;

/**
 * Returns the commands of a block of shell lines (`sh`, `bash`), or of a terminal session
 * (`console`): there, `$ ` precedes a command, `> ` its continuation lines, and its output follows.
 * A block for another shell is one command.
 */
export async function commandsOf(block: Block): Promise<DocCommand[]> {
  const interpreter = INTERPRETERS[block.language];
  if (interpreter) return [{ ...makeCommand(block.lines, block.line + 1), interpreter }];
  return block.language === "console" ? sessionCommands(block) : await shellCommands(block);
}

async function shellCommands({ lines, line }: Block): Promise<DocCommand[]> {
  const commands: DocCommand[] = [];
  let pending: string[] = [];
  for (const [index, text] of lines.entries()) {
    if (pending.length === 0 && /^\s*(#.*)?$/.test(text)) continue;
    pending.push(text);
    if (!await isComplete(pending.join("\n"))) continue;
    commands.push(makeCommand(pending, line + 2 + index - pending.length));
    pending = [];
  }
  if (pending.length > 0) {
    throw new Error(`line ${line}: no shell can read:\n${pending.join("\n")}`);
  }
  return commands;
}

/** Whether a shell would run this text now, without waiting for more lines. */
async function isComplete(text: string): Promise<boolean> {
  if (text.endsWith("\\")) return false;
  // Most lines are complete without asking a shell.
  if (!/[({'"`\\]|<<|\b(?:if|for|while|until|case|then|do)\b/.test(text)) return true;
  const shell = new Deno.Command("bash", { args: ["-n", "-c", text], stderr: "piped" });
  const { success, stderr } = await shell.output();
  // Bash only warns about an unfinished here-document.
  return success && stderr.length === 0;
}

function sessionCommands({ lines, line }: Block): DocCommand[] {
  const commands: DocCommand[] = [];
  for (let at = 0; at < lines.length;) {
    const start = at;
    if (!lines[at]!.startsWith("$ ")) {
      throw new Error(`line ${line + 1 + at}: output without a command ("$ ...") above it`);
    }
    const text = [lines[at++]!.slice(2)];
    while (lines[at]?.startsWith("> ")) text.push(lines[at++]!.slice(2));
    const output = [];
    while (at < lines.length && !lines[at]!.startsWith("$ ")) output.push(lines[at++]!);
    const command = makeCommand(text, line + 1 + start);
    commands.push({ ...command, output: output.join("\n").trimEnd() });
  }
  return commands;
}

function makeCommand(lines: readonly string[], line: number): DocCommand {
  const text = lines.join("\n");
  return {
    text,
    line,
    exit: Number(EXITS.exec(text)?.[1] ?? 0),
    lasting: LASTING.test(text) && !ENDS_AT_ONCE.test(text.replace(/#.*$/, "")),
  };
}

/**
 * Whether `printed` is the output that a document shows, or starts with it if `beginning` is set.
 */
export function matches(printed: string, shown: string, beginning = false): boolean {
  const parts = shown.split("...").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}${beginning ? "" : "\\s*$"}`).test(printed);
}
