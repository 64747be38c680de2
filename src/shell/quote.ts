/** How a shell wants its text: the families that `env` and the hooks write for. */
export type Syntax = "posix" | "fish" | "csh" | "powershell" | "tmux";

/** Characters that no shell here reads anything into, at the start of a word or inside. */
const PLAIN = /^[A-Za-z0-9_/.:@%+,-]+$/;

/**
 * `text` as one word of a shell, whatever is in it: nothing is expanded, nothing ends early.
 *
 * Sources: POSIX.1-2017 XCU 2.2.2; fish "Quotes"; tcsh(1) "Lexical structure"; PowerShell
 * about_Quoting_Rules; tmux(1) "Command parsing and execution".
 *
 * @example
 * ```ts
 * quote("posix", "it's"); // 'it'\''s'
 * ```
 */
export function quote(syntax: Syntax, text: string): string {
  return isPlain(text) ? text : quoteAlways(syntax, text);
}

/** Whether every shell here takes `text` for one word as it is. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** The same, in quotes even where none are needed. */
export function quoteAlways(syntax: Syntax, text: string): string {
  switch (syntax) {
    case "posix":
      return posixQuoted(text);
    case "fish":
      return `'${text.replace(/[\\']/g, "\\$&")}'`;
    case "csh":
      // Even inside quotes "!" is history and a newline ends the word.
      return posixQuoted(text).replace(/[!\n]/g, "\\$&");
    case "powershell":
      // Typographic quotes end a string there, too.
      return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
    case "tmux":
      // Nothing is special inside its single quotes, and nothing can quote one.
      return text.includes("'")
        ? `"${text.replace(/[\\"$~]/g, "\\$&").replaceAll("\n", "\\n")}"`
        : `'${text}'`;
  }
}

function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
