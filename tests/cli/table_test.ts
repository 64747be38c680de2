import { assertEquals } from "@std/assert";
import { displayWidth, tableLines } from "../../src/cli/table/mod.ts";

Deno.test("columns are as wide as their widest cell, and lines have no blank end", () => {
  assertEquals(tableLines([["NAME", "PID"], ["web", "12"], ["a", ""]]), [
    "NAME  PID",
    "web   12",
    "a",
  ]);
  assertEquals(tableLines([]), []);
});

Deno.test("what a terminal shows wide, or on top of another, is counted so", () => {
  const widths: Record<string, number> = {
    "": 0,
    "/a": 2,
    "ünï": 3,
    "日本語": 6,
    "e\u0301": 1,
    "🚀x": 3,
  };
  for (const [text, width] of Object.entries(widths)) assertEquals(displayWidth(text), width, text);
  assertEquals(tableLines([["日本", "x"], ["abc", "y"]]), ["日本  x", "abc   y"]);
});
