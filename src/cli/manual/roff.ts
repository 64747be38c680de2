/**
 * Characters that roff interprets, or shows as others. Source: groff_char(7), groff_man_style(7).
 */
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** Escapes `text` so that roff shows it unchanged. */
export function escaped(text: string): string {
  const shown = text.replace(/[\\'"`^~-]/g, (character) => ESCAPES[character]!)
    .replace(
      /[^ -~]/gu,
      (character) =>
        `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
  // At the beginning of a line, a dot starts a request.
  return shown.startsWith(".") ? `\\&${shown}` : shown;
}

/** Escapes `text`, and puts placeholders (words in capitals) in italics. */
export function withPlaceholders(text: string): string {
  return escaped(text).replace(/\b[A-Z][A-Z]+\b/g, "\\fI$&\\fR");
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** Lines that are shown unchanged, for commands to copy. */
export function example(lines: readonly string[]): string[] {
  return [".EX", ...lines.map(escaped), ".EE"];
}
