/**
 * Runs every command line of the documents in a sandbox; CONTRIBUTING.md describes the conventions.
 */
import { assert, assertEquals } from "@std/assert";
import { commandBlocks, runDocument } from "./document.ts";
import { allDocuments } from "./documents.ts";

/** One block in this many may be skipped, with a reason. */
const IGNORED_SHARE = 10;

const documents = allDocuments()
  .map((document) => ({ ...document, blocks: commandBlocks(document.text) }));

for (const { name, text, blocks } of documents) {
  if (blocks.run.length === 0) continue;
  Deno.test({
    name: `every command of ${name} does what the document says`,
    // Elsewhere some commands print other text: no /proc, other directories.
    ignore: Deno.build.os !== "linux",
    fn: async () => assertEquals(await runDocument(text), []),
  });
}

Deno.test("few blocks of the documents are skipped", () => {
  const count = (kind: "run" | "ignored") =>
    documents.reduce((sum, { blocks }) => sum + blocks[kind].length, 0);
  const [run, ignored] = [count("run"), count("ignored")];
  assert(ignored * IGNORED_SHARE <= run, `${ignored} of ${run + ignored} blocks are ignored`);
});
