import {
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  stripComments,
} from "jsonc-parser";

/** A problem of the config file. */
export interface ConfigProblem {
  /** The message with its position, such as `/home/ann/.config/...jsonc:3:5: ...`. */
  readonly text: string;
  /** The next step for the user. */
  readonly hint?: string;
  /** Why the file as a whole is rejected, if a command can fix that. */
  readonly refused?: "foreign" | "missing" | "writable";
  /** The line, counted from one; undefined for a problem of the whole file. */
  readonly line: number | undefined;
  /** The column in characters, counted from one. */
  readonly column: number | undefined;
}

export interface Property {
  readonly name: string;
  readonly nameAt: Node;
  readonly value: Node;
}

/** Maximum number of reported syntax errors; those after the first are seldom useful. */
const MAX_SYNTAX_PROBLEMS = 3;

const MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is not a value",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a name in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is expected here",
  CommaExpected: "a comma is expected here",
  CloseBraceExpected: "a closing brace is expected here",
  CloseBracketExpected: "a closing bracket is expected here",
  EndOfFileExpected: "nothing more is expected here",
  UnexpectedEndOfComment: "this comment has no end",
  UnexpectedEndOfString: "this string has no end",
  UnexpectedEndOfNumber: "this number is not complete",
  InvalidUnicode: "this is not a \\u escape",
  InvalidEscapeCharacter: "this is not an escape",
  InvalidCharacter: "a control character must be escaped in a string",
};

/** A parsed config file, with positions: JSON with comments and trailing commas. */
export class ConfigDocument {
  readonly problems: ConfigProblem[] = [];
  readonly #path: string;
  readonly #text: string;
  #root: Node | undefined;

  /** @param path The name of the file in problems. */
  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#parse();
  }

  #parse(): void {
    const errors: ParseError[] = [];
    let root: Node | undefined;
    try {
      // An empty file, or one with only comments, sets nothing.
      if (stripComments(this.#text).trim() === "") return;
      root = parseTree(this.#text, errors, { allowTrailingComma: true });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#note(0, "is nested too deep");
      return;
    }
    for (const { error, offset } of errors.slice(0, MAX_SYNTAX_PROBLEMS)) {
      this.#note(offset, MESSAGES[printParseErrorCode(error)] ?? "this is not valid");
    }
    // If the syntax is wrong, the meaning can only be guessed, so the whole file is ignored.
    if (errors.length > 0) return;
    if (root?.type === "object") this.#root = root;
    else this.#note(root?.offset ?? 0, "the file must contain one object: { ... }");
  }

  /** The members of an object, by default of the root; the last of members with the same name. */
  properties(object: Node | undefined = this.#root): Property[] {
    const byName = new Map<string, Property>();
    for (const { children } of object?.children ?? []) {
      const [nameAt, value] = children ?? [];
      if (nameAt === undefined || value === undefined) continue;
      const name = String(nameAt.value);
      const earlier = byName.get(name);
      if (earlier) this.note(earlier.nameAt, `${JSON.stringify(name)} is set again below`);
      byName.set(name, { name, nameAt, value });
    }
    return [...byName.values()];
  }

  note(at: Node, message: string, hint?: string): void {
    this.#note(at.offset, message, hint);
  }

  #note(offset: number, message: string, hint?: string): void {
    const { line, column } = this.#place(offset);
    const text = `${this.#path}:${line}:${column}: ${message}`;
    this.problems.push({ text, hint, line, column });
  }

  valueOf(node: Node): unknown {
    return getNodeValue(node);
  }

  lineOf(node: Node): number {
    return this.#place(node.offset).line;
  }

  #place(offset: number): { line: number; column: number } {
    const before = this.#text.slice(0, offset).split(/\r\n|\r|\n/);
    return { line: before.length, column: [...before.at(-1)!].length + 1 };
  }
}
