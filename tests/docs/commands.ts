import type { Block } from "./markdown.ts";

/** One command of a document, which may have several lines. */
export interface DocCommand {
  readonly text: string;
  /** Its first line in the document, from 1. */
  readonly line: number;
  /** What the document says it prints; `...` stands for anything. */
  readonly output?: string;
  /** The exit code it must have: 0 unless a comment says `# exits N`. */
  readonly exit: number;
  /** Whether it goes on until it is interrupted: it is left running to the document's end. */
  readonly lasting: boolean;
  /** The shell it is a script for, unless that is bash, and its options. */
  readonly interpreter?: readonly string[];
}

const INTERPRETERS: Record<string, readonly string[]> = {
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config"],
};

/** The languages whose blocks are commands. */
export const SHELLS = new Set(["sh", "bash", "console", ...Object.keys(INTERPRETERS)]);

const LASTING = /^\s*(?:\w+=\S* +)*sessionctl +(?:(?:serve|relay|watch|run)\b|call\b.* --listen\b)/;
const ENDS_AT_ONCE = /--(?:detach|help|list|relaunch|stop)\b|&\s*$/;
const EXITS = /#.*\bexits ([0-9]+)/;

/**
 * The commands of a block of shell lines (`sh`, `bash`), or of a session as a terminal
 * shows it (`console`): there a command stands behind `$ `, its further lines behind `> `,
 * and what it prints below. A block for another shell is one command.
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

/** Whether a shell would run this now, and not wait for more lines. */
async function isComplete(text: string): Promise<boolean> {
  if (text.endsWith("\\")) return false;
  // Most lines need no shell to tell.
  if (!/[({'"`\\]|<<|\b(?:if|for|while|until|case|then|do)\b/.test(text)) return true;
  const shell = new Deno.Command("bash", { args: ["-n", "-c", text], stderr: "piped" });
  const { success, stderr } = await shell.output();
  // A here-document without its end is a warning only.
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

/** Whether `printed` is what a document shows; of a command that goes on, the beginning of it. */
export function matches(printed: string, shown: string, beginning = false): boolean {
  const parts = shown.split("...").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}${beginning ? "" : "\\s*$"}`).test(printed);
}
