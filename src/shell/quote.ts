/** The families of quoting rules that `env` and the hooks use. */
export type Syntax = "posix" | "fish" | "csh" | "powershell" | "tmux";

/** Characters that none of these shells interprets, at the start of a word or inside. */
const PLAIN = /^[A-Za-z0-9_/.:@%+,-]+$/;

/**
 * Quotes `text` as one word of a shell; nothing in it is expanded, and nothing ends the word early.
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

/** Whether all of these shells read `text` as one word without quotes. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** Quotes `text` even if that is not necessary. */
export function quoteAlways(syntax: Syntax, text: string): string {
  switch (syntax) {
    case "posix":
      return posixQuoted(text);
    case "fish":
      return `'${text.replace(/[\\']/g, "\\$&")}'`;
    case "csh":
      // Even inside quotes, "!" refers to the history, and a newline ends the word.
      return posixQuoted(text).replace(/[!\n]/g, "\\$&");
    case "powershell":
      // Typographic quotes also end a string.
      return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
    case "tmux":
      // Single quotes make everything literal, but cannot contain a single quote.
      return text.includes("'")
        ? `"${text.replace(/[\\"$~]/g, "\\$&").replaceAll("\n", "\\n")}"`
        : `'${text}'`;
  }
}

function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
