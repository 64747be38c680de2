/** A fenced block of a document. */
export interface Block {
  /** The first word of its info string: `sh`, `console`, `ts`. */
  readonly language: string;
  /** The pairs `NAME=VALUE` or `NAME="VALUE"` after it. */
  readonly tags: ReadonlyMap<string, string>;
  /** The line of the fence, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

const FENCE = /^( *)(`{3,})(.*)$/;
const TAG = /([a-z]+)=("[^"]*"|\S+)/g;
const TAGS = ["ignore", "file"];

/**
 * Returns the fenced blocks of a Markdown document, in order.
 *
 * @throws {Error} naming the line of a fence that never ends, has no language, or has an unknown tag.
 */
export function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, info] = FENCE.exec(lines[at]!) ?? [];
    if (fence === undefined) continue;
    const start = at;
    const closing = `${indent}${fence}`;
    do at++; while (at < lines.length && lines[at]!.trimEnd() !== closing);
    if (at === lines.length) throw new Error(`line ${start + 1}: the block never ends`);
    blocks.push({
      ...parseInfo(info!.trim(), start + 1),
      line: start + 1,
      lines: lines.slice(start + 1, at).map((line) => line.slice(indent!.length)),
    });
  }
  return blocks;
}

function parseInfo(info: string, line: number): Pick<Block, "language" | "tags"> {
  const language = /^[a-z]+/.exec(info)?.[0];
  if (language === undefined) throw new Error(`line ${line}: the block has no language`);
  const tags = new Map<string, string>();
  const rest = info.slice(language.length).replaceAll(TAG, (_, name: string, value: string) => {
    tags.set(name, value.replace(/^"(.*)"$/, "$1"));
    return "";
  });
  const unknown = [...tags.keys()].find((name) => !TAGS.includes(name)) ?? rest.trim();
  if (unknown) throw new Error(`line ${line}: unknown tag ${unknown}; there are ${TAGS}`);
  return { language, tags };
}
