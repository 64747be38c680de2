import { join, resolve } from "@std/path";
import { makeSandbox } from "../support/mod.ts";
import { commandsOf, type DocCommand, matches, SHELLS } from "./commands.ts";
import { type Block, fencedBlocks } from "./markdown.ts";
import { type Outcome, runInShell } from "./shell.ts";
import { makeWorld, type World } from "./world.ts";

/** A shorter text is not a reason. */
const REASON_LENGTH = 10;

/** The command blocks of a document: those to run, and those to ignore. */
export function commandBlocks(text: string): { run: Block[]; ignored: Block[] } {
  const blocks = fencedBlocks(text).filter(({ language }) => SHELLS.has(language));
  return {
    run: blocks.filter(({ tags }) => !tags.has("ignore")),
    ignored: blocks.filter(({ tags }) => tags.has("ignore")),
  };
}

/**
 * Runs a document's commands in a new sandbox.
 *
 * @returns the deviations from the document, each with its line; empty if there are none.
 * @throws {Error} if the document cannot be parsed, naming the line.
 */
export async function runDocument(text: string): Promise<string[]> {
  const { run, ignored } = commandBlocks(text);
  const unreasoned = ignored.filter(({ tags }) => tags.get("ignore")!.length < REASON_LENGTH);
  if (unreasoned.length > 0) {
    return unreasoned.map(({ line }) => `line ${line}: ignored without a reason`);
  }
  await using sandbox = await makeSandbox();
  const world = await makeWorld(sandbox, text);
  await writeFiles(world, fencedBlocks(text));
  const outcomes = await runInShell(world, await Promise.all(run.map(commandsOf)));
  return [...outcomes].map(([command, outcome]) => complaint(command, outcome))
    .filter((complaint) => complaint !== "");
}

/** Writes the files that the document shows (`file=NAME`), below the project or `~`. */
async function writeFiles({ project, env, actual }: World, blocks: readonly Block[]) {
  for (const { tags, lines } of blocks) {
    const file = tags.get("file")?.replace(/^~/, env.HOME!);
    if (file === undefined) continue;
    const path = resolve(project, file);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, actual(`${lines.join("\n")}\n`));
  }
}

function complaint({ line, text, exit, output, lasting }: DocCommand, outcome: Outcome): string {
  const where = `line ${line}: ${text}`;
  if (outcome.exit === undefined) return `${where}\nwas never reached, or did not end`;
  if (outcome.exit !== exit) return `${where}\nexits ${outcome.exit}:\n${outcome.printed}`;
  if (output && !matches(outcome.printed, output, lasting)) {
    return `${where}\nprints\n${outcome.printed}`;
  }
  return "";
}
