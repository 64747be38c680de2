import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { allDocuments, type Document, proseOf, root } from "./documents.ts";

/** The anchors of a document's headings, as GitHub forms them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{Pc} -]/gu, "").replaceAll(" ", "-")
    ),
  );
}

function isBroken(document: Document, link: string): boolean {
  const [path, anchor] = link.split("#") as [string, string?];
  const target = path === "" ? join(root, document.name) : join(root, dirname(document.name), path);
  try {
    const isFile = Deno.statSync(target).isFile;
    if (anchor === undefined || !isFile) return false;
    return !anchorsOf(Deno.readTextFileSync(target)).has(anchor);
  } catch {
    return true;
  }
}

Deno.test("links between the documents have existing targets", () => {
  const broken = allDocuments().flatMap((document) =>
    [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
      .filter((link) => !/^[a-z]+:/.test(link) && isBroken(document, link))
      .map((link) => `${document.name}: ${link}`)
  );
  assertEquals(broken, []);
});
