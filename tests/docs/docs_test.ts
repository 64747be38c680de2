/** Every command line of the documents, run in a sandbox; CONTRIBUTING.md has the conventions. */
import { assert, assertEquals } from "@std/assert";
import { join, resolve } from "@std/path";
import { commandBlocks, runDocument } from "./document.ts";

const root = resolve(import.meta.dirname!, "../..");
/** One block in so many may be left out, with a reason. */
const IGNORED_SHARE = 10;

const documents = [...markdownIn("."), ...markdownIn("docs")].sort()
  .map((name) => ({ name, text: Deno.readTextFileSync(join(root, name)) }))
  .map((document) => ({ ...document, blocks: commandBlocks(document.text) }));

/** What is in folders below (docs/bench) is generated. */
function markdownIn(directory: string): string[] {
  return [...Deno.readDirSync(join(root, directory))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => join(directory, name));
}

for (const { name, text, blocks } of documents) {
  if (blocks.run.length === 0) continue;
  Deno.test({
    name: `every command of ${name} does what is said`,
    ignore: Deno.build.os === "windows",
    fn: async () => assertEquals(await runDocument(text), []),
  });
}

Deno.test("few blocks of the documents are not run", () => {
  const count = (kind: "run" | "ignored") =>
    documents.reduce((sum, { blocks }) => sum + blocks[kind].length, 0);
  const [run, ignored] = [count("run"), count("ignored")];
  assert(ignored * IGNORED_SHARE <= run, `${ignored} of ${run + ignored} blocks are ignored`);
});
