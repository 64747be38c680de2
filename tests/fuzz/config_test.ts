/** Whatever stands in the config file, reading it ends with settings and problems that have a place. */
import { assert } from "@std/assert";
import { settingsFor } from "../../src/cli/config/mod.ts";
import { openSpec } from "../../src/commands/open_spec.ts";
import { makeSandbox, seeded } from "../support/mod.ts";

const CASES = 1500;
const PIECES = [
  ...["{", "}", "[", "]", ":", ",", '"open"', '"launch"', '"wait"', '"json"', '"allow-owner"'],
  ...["true", "null", "-1e9", '"x"', '"\\u00', "// c\n", "/* c */", "/*", "\n", "\r\n", " ", "\0"],
  ...['{"open":{"launch":"x","wait":true,}}', '{"socket":"/s"}', "😀", "\ufeff", "'", "\\", "NaN"],
];

Deno.test("any text for a config file gives settings of the right types, and problems with a place", async () => {
  await using sandbox = await makeSandbox();
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? 20240601);
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const path = sandbox.path("config.jsonc");
  Deno.writeTextFileSync(path, "", { mode: 0o600 });
  for (let i = 0; i < CASES; i++) {
    const text = Array.from({ length: pick(20) }, () => PIECES[pick(PIECES.length)]).join("");
    Deno.writeTextFileSync(path, text);
    const shown = `seed ${seed}, case ${i}: ${JSON.stringify(text)}`;
    const { values, problems } = settingsFor(path, openSpec, ["open", "serve"]);
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
});
