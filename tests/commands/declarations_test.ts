/**
 * The declarations of all commands: they refer only to existing options, and their defaults are
 * valid.
 */
import { assert, assertEquals } from "@std/assert";
import { allOptions } from "../../src/cli/mod.ts";
import { commands } from "../../src/commands/mod.ts";

for (const [name, load] of Object.entries(commands)) {
  const { spec } = (await load()).command;
  const known = new Set([...allOptions(spec), ...spec.operands].map((one) => one.name));

  Deno.test(`${name} declares conflicts and requirements only among its own options and operands`, () => {
    const named = [
      ...[...spec.options, ...spec.operands].flatMap(({ conflicts = [] }) => conflicts),
      ...spec.options.flatMap(({ requires = [] }) => requires.flat()),
      ...spec.operands.flatMap(({ requiredWithout }) => requiredWithout ?? []),
      ...(spec.oneOf ?? []).flat(),
    ];
    assertEquals(named.filter((one) => !known.has(one)), []);
  });

  Deno.test(`${name} has the name of its place in the table, and typed options`, () => {
    assertEquals(spec.name, name);
    for (const { name, key, type, read, default: text } of spec.options) {
      assert(key !== undefined, name);
      assert(type === "flag" || read !== undefined, name);
      // Fails if the default is not a valid value.
      if (text !== undefined) read!(text, `--${name}`);
    }
  });
}
