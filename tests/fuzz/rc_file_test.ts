/** Adding our line to any dotfile and removing it again leaves the rest unchanged. */
import { assertEquals } from "@std/assert";
import { putLine, removeLine } from "../../src/shell/rc_file.ts";
import { fuzzSeed, makeSandbox, seeded, tally } from "../support/mod.ts";

const CASES = 400;
const MARK = "# sessionctl init";
const PIECES = [
  ...[
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "alias a=b",
    `. old ${MARK}`,
    `${MARK} `,
    MARK,
    `${MARK} not`,
    " ",
  ],
  ...["é", "日本", "\ufeff", "\t", "'", "\\", "# sessionctl", "init", "\u2028"],
];

const isOurs = (line: string) => line.trimEnd().endsWith(MARK);
const without = (text: string) => text.split("\n").filter((line) => !isOurs(line)).join("\n");

Deno.test("any dotfile keeps everything but our line", async () => {
  await using sandbox = await makeSandbox();
  const random = seeded(fuzzSeed(11));
  const rc = sandbox.path("rc");
  for (let round = 0; round < CASES; round++) {
    const text = Array.from(
      { length: Math.floor(random() * 12) },
      () => PIECES[Math.floor(random() * PIECES.length)],
    ).join("");
    Deno.writeTextFileSync(rc, text);
    const line = `. new-${round} ${MARK}`;
    putLine(rc, line);
    const put = Deno.readTextFileSync(rc);
    assertEquals(put.split("\n").filter(isOurs), [line], JSON.stringify(text));
    assertEquals(putLine(rc, line), "unchanged");
    removeLine(rc);
    // A last line without a newline was given one.
    const left = Deno.readTextFileSync(rc);
    const ended = text === "" || text.endsWith("\n") || text.split("\n").some(isOurs);
    assertEquals(left, ended ? without(text) : `${without(text)}\n`, JSON.stringify(text));
    assertEquals(removeLine(rc), "unchanged");
  }
  tally({ "dotfiles": CASES });
});
