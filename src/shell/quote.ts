/** The families of quoting rules that `env` and the hooks use. */
export type Syntax = "posix" | "fish" | "csh" | "powershell" | "tmux";

/** Characters that no shell but PowerShell interprets, at the start of a word or inside. */
const PLAIN = /^[A-Za-z0-9_/.:@%+,-]+$/;
/** The same for PowerShell, where a comma makes a list, and a digit at the start a number. */
const PLAIN_IN_POWERSHELL = /^[A-Za-z_/.\\-][A-Za-z0-9_/.:\\+=-]*$/;

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
  const plain = syntax === "powershell" ? PLAIN_IN_POWERSHELL.test(text) : isPlain(text);
  return plain ? text : quoteAlways(syntax, text);
}

/** Whether every shell but PowerShell reads `text` as one word without quotes. */
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
      return powershellQuoted(text);
    case "tmux":
      // Single quotes make everything literal, but cannot contain a single quote.
      return text.includes("'")
        ? `"${text.replace(/[\\"$~]/g, "\\$&").replaceAll("\n", "\\n")}"`
        : `'${text}'`;
  }
}

/**
 * Typographic quotes end a string in PowerShell, too. A character outside of ASCII is written by
 * its number, because Windows PowerShell reads scripts and output in the code page of the machine.
 */
function powershellQuoted(text: string): string {
  if (!/\P{ASCII}/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  // In these quotes, three characters of ASCII mean something, too; and a highlighter takes what
  // is behind a number sign for a comment.
  const units = text.replace(
    /[^\x20-\x7e]|["`$#]/g,
    (unit) => `$([char]0x${unit.charCodeAt(0).toString(16).padStart(4, "0")})`,
  );
  return `"${units}"`;
}

function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
