import { assertEquals, assertThrows } from "@std/assert";
import { parseSize } from "../../src/cli/values.ts";

Deno.test("sizes are in powers of 1024", () => {
  const sizes = { "1": 1, "512K": 524_288, "10M": 10_485_760, "1.5G": 1_610_612_736, "2kB": 2048 };
  for (const [text, bytes] of Object.entries(sizes)) assertEquals(parseSize(text, "--x"), bytes);
  for (const text of ["", "0", "ten", "-1", "1T", "1e3", "0.1", "M"]) {
    assertThrows(() => parseSize(text, "--x"), Error, "--x is not a size");
  }
});
