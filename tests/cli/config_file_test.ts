import { assertEquals } from "@std/assert";
import { settingsFor } from "../../src/cli/config/mod.ts";
import type { CommandSpec } from "../../src/cli/mod.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";

const spec: CommandSpec = {
  name: "try",
  summary: "",
  operands: [],
  options: [{ name: "name", type: "value", valueName: "NAME", summary: "" }],
  examples: [],
};

/** The settings that a file has for `try`, and the number of its problems. */
async function read(sandbox: Sandbox, text: string): Promise<[string[], number]> {
  const path = sandbox.path("config.jsonc");
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, 0o600);
  const { values, problems } = await settingsFor(path, spec, ["try"]);
  return [[...values.keys()], problems.length];
}

Deno.test("a file with a syntax error is ignored as a whole", async () => {
  await using sandbox = await makeSandbox();
  assertEquals(await read(sandbox, '{ "json": true, "try": { "name": "x" } }'), [
    ["json", "name"],
    0,
  ]);
  for (const text of ['{ "json": true, "try": { "name": "x" ', '{ "json": true } }']) {
    const [set, problems] = await read(sandbox, text);
    assertEquals([set, problems > 0], [[], true], text);
  }
});

Deno.test("one wrong value leaves the rest of the file in force", async () => {
  await using sandbox = await makeSandbox();
  assertEquals(await read(sandbox, '{ "json": true, "try": { "name": "a\\u0000b" } }'), [
    ["json"],
    1,
  ]);
  assertEquals(await read(sandbox, '{ "json": 1, "try": { "name": "x" } }'), [["name"], 1]);
});

Deno.test("a file owned by root applies to every user", { ignore: Deno.uid() !== 0 }, async () => {
  await using sandbox = await makeSandbox();
  const { uid } = Deno;
  Deno.uid = () => 4242;
  try {
    assertEquals(await read(sandbox, '{ "json": true }'), [["json"], 0]);
  } finally {
    Deno.uid = uid;
  }
});
