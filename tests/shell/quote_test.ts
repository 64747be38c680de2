import { assertEquals, assertMatch } from "@std/assert";
import { quote, SYNTAX } from "../../src/shell/mod.ts";
import { makeSandbox, seeded } from "../support/mod.ts";
import { powershellParser, syntaxErrors, wordsOf } from "../support/powershell.ts";
import { ODD_NAMES, runShell, testWith } from "./support.ts";

/** Words of characters that have a meaning in one shell or another. */
function randomTexts(count: number): string[] {
  const alphabet = [
    "'",
    '"',
    "\\",
    "$",
    "`",
    "!",
    "\n",
    " ",
    "#",
    "~",
    "é",
    "日",
    "a",
    "{",
    "}",
    "(",
    "^",
  ];
  const next = seeded(7);
  return Array.from(
    { length: count },
    () =>
      Array.from(
        { length: 1 + Math.floor(next() * 8) },
        () => alphabet[Math.floor(next() * alphabet.length)],
      ).join(""),
  );
}

const texts = ["plain", "/run/user/1000/x-1.sock", ...ODD_NAMES, ...randomTexts(120)];

for (const shell of ["bash", "zsh", "fish", "sh", "dash", "ksh", "tcsh"]) {
  testWith([shell], `${shell} reads a quoted word unchanged`, async () => {
    await using sandbox = await makeSandbox();
    const words = texts.map((text) => quote(SYNTAX[shell]!, text)).join(" ");
    const script = `env printf '%s\\000' ${words}`;
    const { code, stdout, stderr } = await runShell(sandbox, shell, script);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\0").slice(0, -1), texts);
  });
}

Deno.test("PowerShell reads a quoted word unchanged", async () => {
  const parse = await powershellParser();
  for (const text of [...texts, "‘so’ ‚x‛ “y”", "$(calc) ${a} `n", "a,b", "@x", "1kb", "--%"]) {
    const word = quote("powershell", text);
    const script = parse(`& 'program' ${word} 'last'`);
    assertEquals(syntaxErrors(script), [], word);
    const [command, ...others] = script.descendantsOfType("command");
    assertEquals([command?.text, others], [`& 'program' ${word} 'last'`, []]);
    assertEquals(wordsOf(command!), ["program", text, "last"]);
  }
});

Deno.test("text quoted for PowerShell is ASCII, for any code page", () => {
  for (const text of texts) {
    assertMatch(quote("powershell", text), /^\p{ASCII}*$/u);
  }
});
