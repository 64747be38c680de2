import { join, resolve } from "@std/path";

export const root = resolve(import.meta.dirname!, "../..");

export interface Document {
  /** Its path in the repository. */
  readonly name: string;
  readonly text: string;
}

/** Every document, except generated ones in folders below docs. */
export function allDocuments(): Document[] {
  return [...markdownIn("."), ...markdownIn("docs")].sort()
    .map((name) => ({ name, text: Deno.readTextFileSync(join(root, name)) }));
}

function markdownIn(directory: string): string[] {
  return [...Deno.readDirSync(join(root, directory))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => join(directory, name));
}

/** The text of a document without its blocks. */
export function proseOf({ text }: Document): string {
  return text.replaceAll(/^( *)(`{3,})[^]*?^\1\2$/gm, "");
}
