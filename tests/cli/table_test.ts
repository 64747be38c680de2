import { assertEquals } from "@std/assert";
import { tableLines } from "../../src/cli/table/mod.ts";

Deno.test("columns are as wide as their widest cell, and lines have no trailing blanks", async () => {
  assertEquals(await tableLines([["NAME", "PID"], ["web", "12"], ["a", ""]]), [
    "NAME  PID",
    "web   12",
    "a",
  ]);
  assertEquals(await tableLines([]), []);
});

/** Texts and the number of columns that terminals need for them. */
const WIDTHS: readonly (readonly [text: string, columns: number])[] = [
  ["", 0],
  ["/a", 2],
  ["ünï", 3],
  ["日本語", 6],
  ["𗀀", 2],
  ["Ａ", 2],
  ["ｱ", 1],
  ["한국", 4],
  // macOS spells names like this: letters and their combining marks are separate.
  ["한국".normalize("NFD"), 4],
  ["が".normalize("NFD"), 2],
  ["é".normalize("NFD"), 1],
  ["ก็", 1],
  ["a\u200bb", 2],
  ["🚀x", 3],
  ["❤️", 2],
  ["👍🏽", 2],
  ["🇩🇪", 2],
  ["👩‍👩‍👧‍👦", 2],
];

for (const [text, columns] of WIDTHS) {
  Deno.test(`${JSON.stringify(text)} takes ${columns} columns of a table`, async () => {
    const [cell, ruler] = await tableLines([[text, "|"], ["#".repeat(10), "|"]]);
    assertEquals([cell, ruler], [`${text}${" ".repeat(10 - columns)}  |`, "##########  |"]);
  });
}
