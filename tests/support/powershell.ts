/** Parses sessionctl's PowerShell code with PowerShell's grammar; the tests have no PowerShell. */
import { join, toFileUrl } from "@std/path";
import { powershellGrammar } from "../../scripts/powershell_grammar.ts";

/** The used parts of a `web-tree-sitter` node. */
export interface SyntaxNode {
  readonly type: string;
  readonly text: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly isError: boolean;
  readonly isMissing: boolean;
  readonly hasError: boolean;
  readonly children: readonly SyntaxNode[];
  readonly namedChildren: readonly SyntaxNode[];
  descendantsOfType(types: string | string[]): SyntaxNode[];
}

/** @returns a function that parses a script. */
export async function powershellParser(): Promise<(script: string) => SyntaxNode> {
  const directory = await powershellGrammar();
  const { Parser, Language } = await import(
    toFileUrl(join(directory, "web-tree-sitter.js")).href
  );
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(join(directory, "tree-sitter-powershell.wasm")));
  return (script) => parser.parse(script).rootNode;
}

/** The syntax errors of a script, with their positions and texts. */
export function syntaxErrors(node: SyntaxNode): string[] {
  if (node.isError || node.isMissing) return [`${node.startIndex}: ${node.text.slice(0, 80)}`];
  return node.hasError ? node.children.flatMap(syntaxErrors) : [];
}

/** The words of a command, beginning with its name, as PowerShell reads them. */
export function wordsOf(command: SyntaxNode): string[] {
  const kinds = ["string_literal", "generic_token", "command_name", "command_parameter"];
  return command.descendantsOfType(kinds)
    .filter(({ type, text }) => type !== "command_name" || !/^['"]/.test(text))
    .map((node) => node.type === "string_literal" ? valueOf(node) : node.text);
}

/** The value of a string literal. The only supported expressions are characters by number. */
export function valueOf(string: SyntaxNode): string {
  const inner = string.text.slice(1, -1);
  if (string.text.startsWith("'")) return inner.replaceAll("''", "'");
  const expression = /\$\(\[char\]0x([0-9a-f]{4})\)|[^$`]/gs;
  const read = [...inner.matchAll(expression)];
  if (read.map(([text]) => text).join("") !== inner) throw new Error(`unknown: ${string.text}`);
  return read.map(([text, unit]) =>
    unit === undefined ? text : String.fromCharCode(parseInt(unit, 16))
  ).join("");
}
