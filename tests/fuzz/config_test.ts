/** Reading any config file ends with settings, and with problems that have a position. */
import { assert, assertEquals } from "@std/assert";
import { quickSettings } from "../../src/cli/config/quick.ts";
import { settingsOf } from "../../src/cli/config/settings.ts";
import { command as open } from "../../src/commands/open/mod.ts";
import { fuzzSeed, seeded, tally } from "../support/mod.ts";

const CASES = 15_000;
const COMMANDS = ["open", "serve"];
const PIECES = [
  ...["{", "}", "[", "]", ":", ",", '"open"', '"launch"', '"wait"', '"json"', '"allow-owner"'],
  ...["true", "null", "-1e9", '"x"', '"\\u00', "// c\n", "/* c */", "/*", "\n", "\r\n", " ", "\0"],
  ...['{"open":{"launch":"x","wait":true,}}', '{"socket":"/s"}', "😀", "\ufeff", "'", "\\", "NaN"],
];

Deno.test("any text in a config file gives settings of the right types, and problems with a position", () => {
  const seed = fuzzSeed(20240601);
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const path = "config.jsonc";
  let understood = 0;
  for (let i = 0; i < CASES; i++) {
    const text = Array.from({ length: pick(20) }, () => PIECES[pick(PIECES.length)]).join("");
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(text)}`;
    const quick = quickSettings(text.replace(/^\ufeff/, ""), open.spec, COMMANDS);
    const { values, problems } = settingsOf(path, text.replace(/^\ufeff/, ""), open.spec, COMMANDS);
    if (quick) {
      // The fast reader may leave a file to the parser, and must agree with it otherwise.
      assertEquals(problems, [], shown);
      const sorted = (entries: Iterable<readonly [string, { value: unknown }]>) =>
        [...entries].map(([name, { value }]) => [name, value]).sort();
      assertEquals(sorted(quick), sorted(values), shown);
      understood++;
    }
    for (const { text: told, line, column } of problems) {
      assert(line! >= 1 && column! >= 1, shown);
      assert(line! <= text.split(/\r\n|\r|\n/).length, shown);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f]/.test(told), `${shown}: ${JSON.stringify(told)}`);
    }
    for (const { value } of values.values()) {
      assert(
        typeof value === "boolean" || value.every((text) => typeof text === "string" && text),
        shown,
      );
    }
  }
  tally({ "config files": CASES });
  assert(understood > 0);
});

Deno.test("the fast reader understands a file without mistakes", () => {
  const understood = [
    '{ "json": true, /* , } */ "open": { "launch": "a // b, ]", "wait": true, }, }',
    '{ "open": { "allow-owner": [1, "2",], }, // }\n "serve": { "x": { "y": [{}] } } }',
    "{}",
  ];
  for (const text of understood) {
    const quick = quickSettings(text, open.spec, COMMANDS);
    const { values, problems } = settingsOf("f", text, open.spec, COMMANDS);
    assertEquals(problems, []);
    assertEquals(
      [...quick ?? []].map(([name, { value }]) => [name, value]),
      [...values].map(([name, { value }]) => [name, value]),
    );
    assert(quick);
  }
});
