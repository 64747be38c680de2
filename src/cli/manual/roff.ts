/** Characters roff reads something into, or shows as another one. Source: groff_char(7), groff_man_style(7). */
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** `text` as roff shows it again, character by character. */
export function escaped(text: string): string {
  const shown = text.replace(/[\\'"`^~-]/g, (character) => ESCAPES[character]!)
    .replace(
      /[^ -~]/gu,
      (character) =>
        `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    );
  // At the beginning of a line these are requests.
  return shown.startsWith(".") ? `\\&${shown}` : shown;
}

/** The same, with words in capitals, which stand for what the user fills in, in italics. */
export function withPlaceholders(text: string): string {
  return escaped(text).replace(/\b[A-Z][A-Z]+\b/g, "\\fI$&\\fR");
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** Lines that are set as they are, for commands to copy. */
export function example(lines: readonly string[]): string[] {
  return [".EX", ...lines.map(escaped), ".EE"];
}
