import { printableText } from "../../platform/mod.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of HTML. Text becomes HTML only through {@link markup}, which escapes it. */
export class Markup {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(text: string): Markup {
    return new Markup(text);
  }

  toString(): string {
    return this.#text;
  }
}

type Part = Markup | string | number | undefined | readonly Part[];

/**
 * Builds HTML: the template itself is markup, and every value in it is text unless it is
 * {@link Markup}. Control characters in text are made visible.
 */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return Markup.of(strings.map((text, i) => i === 0 ? text : render(parts[i - 1]) + text).join(""));
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return printableText(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
