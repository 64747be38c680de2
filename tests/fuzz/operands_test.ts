/** Any operand is read as a file or folder, or refused by name. */
import { assert, assertEquals } from "@std/assert";
import { readOperand } from "../../src/open/mod.ts";
import { SessionctlError } from "../../src/errors.ts";
import { fuzzSeed, makeSandbox, seeded, tally } from "../support/mod.ts";

const CASES = 5000;
const PIECES = [
  ...["file://", "file:/", "FILE:///", "http://", "vscode-remote://x", "localhost", "#L3", "?q"],
  ...[
    "%20",
    "%00",
    "%zz",
    "%",
    "a",
    "f",
    "/",
    "..",
    ".",
    ":",
    ":1",
    ":12:3",
    ":9:",
    "\n",
    "\u{1f389}",
  ],
  ...["+1", "-", " ", "\\", "\u{feff}", "\ud800", "x".repeat(300)],
];

Deno.test("any operand is read, or refused with a SessionctlError", async () => {
  await using sandbox = await makeSandbox();
  await Deno.writeTextFile(sandbox.path("f"), "");
  const seed = fuzzSeed(20240601);
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  for (let i = 0; i < CASES; i++) {
    const typed = Array.from({ length: pick(8) }, () => PIECES[pick(PIECES.length)]).join("");
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(typed)}`;
    try {
      const operand = readOperand(typed, () => sandbox.directory);
      assertEquals(operand.typed, typed, shown);
      assert(operand.path.startsWith("/") && !operand.path.includes("\0"), shown);
    } catch (error) {
      assert(error instanceof SessionctlError, `${shown}: ${error}`);
    }
  }
  tally({ "operands of open": CASES });
});
