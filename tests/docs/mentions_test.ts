/** The documents only mention existing commands and options. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { allOptions } from "../../src/cli/mod.ts";
import { commands } from "../../src/commands/mod.ts";
import { allDocuments, proseOf, root } from "./documents.ts";

const documents = allDocuments();

Deno.test("commands and options that the documents mention exist", async () => {
  const wrong: string[] = [];
  for (const document of documents) {
    for (const [, mention] of proseOf(document).matchAll(/`sessionctl ([a-z][^`]*)`/g)) {
      const [name, ...words] = mention!.split(/\s+/) as [string, ...string[]];
      const load = commands[name];
      const spec = load && (await load()).command.spec;
      const known = new Set(spec && allOptions(spec).map(({ name }) => name));
      const options = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined)
        .flatMap((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? []);
      const unknown = options.filter((option) =>
        !known.has(option.replace(/^no-/, "")) && !known.has(option)
      );
      if (!spec || unknown.length > 0) wrong.push(`${document.name}: sessionctl ${mention}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("the README names every command", async () => {
  const readme = documents.find(({ name }) => name === "README.md")!.text;
  const missing: string[] = [];
  for (const [name, load] of Object.entries(commands)) {
    const { hidden } = (await load()).command.spec as { hidden?: boolean };
    if (!hidden && !new RegExp(`\`${name}\``).test(readme)) missing.push(name);
  }
  assertEquals(missing, []);
});

Deno.test("CI runs the README's test command, and reruns a failed file once", () => {
  const readme = documents.find(({ name }) => name === "README.md")!.text;
  const ci = Deno.readTextFileSync(join(root, ".ci/run"));
  const command = /^exec (.+) --rerun$/m.exec(ci)![1]!;
  assertEquals(readme.split("\n").filter((line) => line.startsWith(`${command} `)).length, 1);
});
