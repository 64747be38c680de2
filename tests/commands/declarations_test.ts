/** The declarations of all commands: they name only what there is, and their defaults are values. */
import { assert, assertEquals } from "@std/assert";
import { allOptions } from "../../src/cli/mod.ts";
import { commands } from "../../src/commands/mod.ts";

for (const [name, load] of Object.entries(commands)) {
  const { spec } = (await load()).command;
  const known = new Set([...allOptions(spec), ...spec.operands].map((one) => one.name));

  Deno.test(`${name} declares conflicts and needs only between what it has`, () => {
    const named = [
      ...[...spec.options, ...spec.operands].flatMap(({ conflicts = [] }) => conflicts),
      ...spec.options.flatMap(({ requires = [] }) => requires.flat()),
      ...spec.operands.flatMap(({ requiredWithout }) => requiredWithout ?? []),
      ...(spec.oneOf ?? []).flat(),
    ];
    assertEquals(named.filter((one) => !known.has(one)), []);
  });

  Deno.test(`${name} has the name of its place in the table, and options with types`, () => {
    assertEquals(spec.name, name);
    for (const { name, key, type, read, default: text } of spec.options) {
      assert(key !== undefined, name);
      assert(type === "flag" || read !== undefined, name);
      // Fails if the default is none that could be given.
      if (text !== undefined) read!(text, `--${name}`);
    }
  });
}
