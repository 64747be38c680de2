/** Every command line of the documents, run in a sandbox; CONTRIBUTING.md has the conventions. */
import { assert, assertEquals } from "@std/assert";
import { commandBlocks, runDocument } from "./document.ts";
import { allDocuments } from "./documents.ts";

/** One block in so many may be left out, with a reason. */
const IGNORED_SHARE = 10;

const documents = allDocuments()
  .map((document) => ({ ...document, blocks: commandBlocks(document.text) }));

for (const { name, text, blocks } of documents) {
  if (blocks.run.length === 0) continue;
  Deno.test({
    name: `every command of ${name} does what is said`,
    // Elsewhere some of it says something else: no /proc, other directories.
    ignore: Deno.build.os !== "linux",
    fn: async () => assertEquals(await runDocument(text), []),
  });
}

Deno.test("few blocks of the documents are not run", () => {
  const count = (kind: "run" | "ignored") =>
    documents.reduce((sum, { blocks }) => sum + blocks[kind].length, 0);
  const [run, ignored] = [count("run"), count("ignored")];
  assert(ignored * IGNORED_SHARE <= run, `${ignored} of ${run + ignored} blocks are ignored`);
});
