import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join, resolve } from "@std/path";
import { bundle, countedChunks } from "../../scripts/bundle.ts";
import { commandChunk, loadedWith } from "../../scripts/bundle/chunks.ts";
import { readChunks, writeChunks } from "../../scripts/bundle/files.ts";
import { mergeCommands } from "../../scripts/bundle/merge.ts";
import { intoScript } from "../../scripts/bundle/script.ts";
import { makeSandbox, type Sandbox } from "../support/mod.ts";

const root = resolve(import.meta.dirname!, "../..");
/** The files: the entry, the chunk that both commands share, and the command's own. */
const MAX_FILES = 3;

/** A word in the code for desktop editors, which only loads if such an editor runs. */
const OF_DESKTOP_EDITORS = "getMainDiagnostics";

Deno.test("open and find load three files at most, no module of Node's, and nothing for desktop editors", async () => {
  await using sandbox = await makeSandbox();
  const directory = sandbox.path("chunks");
  await bundle(root, "main.ts", directory);
  const chunks = await readChunks(directory);
  for (const command of ["open", "find"]) {
    const loaded = loadedWith(chunks, ["main.js", commandChunk(chunks, "main.js", command)!]);
    assert(loaded.size <= MAX_FILES, `${command} loads ${[...loaded].sort().join(", ")}`);
    const texts = [...loaded].map((name) => chunks.get(name)!);
    assertEquals(texts.flatMap((text) => text.match(/\bfrom ?"node:[^"]*"/g) ?? []), []);
    // The code uses these only without /proc, and for relative paths without a folder. Neither
    // command resolves such paths.
    const uses = texts.flatMap((text) => text.match(/\bprocess\??\.\w+/g) ?? []);
    assertEquals(uses.sort(), ["process.argv0", "process?.cwd"]);
  }
  const [late] = [...chunks].find(([name]) => name.startsWith("late_steps"))!;
  const walk = loadedWith(chunks, ["main.js", commandChunk(chunks, "main.js", "open")!, late]);
  const texts = [...walk].map((name) => chunks.get(name)!);
  assert(!texts.some((text) => text.includes(OF_DESKTOP_EDITORS)));
});

Deno.test("a merged command shares its modules' state with chunks that load late", async () => {
  await using sandbox = await makeSandbox();
  const directory = await bundleProgram(sandbox, {
    "main.ts": `import { count } from "./count.ts";
      const commands = {
        open: () => import("./open.ts"),
        find: () => import("./find.ts"),
        list: () => import("./list.ts"),
      };
      const { run } = await commands[Deno.args[0]]();
      console.log(await run(), count);`,
    "count.ts": `export let count = 0; export const add = () => ++count;`,
    "names.ts": `export const name = "names"; export const other = "other";`,
    "words.ts": `export let word = "no"; export const say = () => word = "yes";`,
    "open.ts": `import { add } from "./count.ts";
      import { say, word } from "./words.ts";
      import * as names from "./names.ts";
      export const run = async () => {
        add();
        say();
        return [word, Object.keys(names), (await import("./late.ts")).late()];
      };`,
    "find.ts": `import { add } from "./count.ts";
      import { word } from "./words.ts";
      export const run = () => word + add();`,
    "late.ts": `import { add, count } from "./count.ts";
      import { name } from "./names.ts";
      export const late = () => (add(), name + count);`,
    "list.ts": `import { other } from "./names.ts";
      import { add } from "./count.ts";
      export const run = () => (add(), add(), other);`,
  });
  assertEquals(await run(directory, "open"), `[ "yes", [ "name", "other" ], "names2" ] 2\n`);
  assertEquals(await run(directory, "find"), "no1 1\n");
  assertEquals(await run(directory, "list"), "other 2\n");
});

Deno.test("the scripts of the counted commands share their state with each other and with modules", async () => {
  await using sandbox = await makeSandbox();
  const directory = await bundleProgram(sandbox, {
    "main.ts": `import { add } from "./count.ts";
      const commands = {
        open: () => import("./open.ts"),
        find: () => import("./find.ts"),
        list: () => import("./list.ts"),
      };
      add();
      const { run } = await commands[Deno.args[0]]();
      console.log(await run());`,
    "count.ts": `let count = 0; export const add = () => ++count;`,
    "open.ts": `import { add } from "./count.ts";
      export const run = async () => [add(), await (await import("./late.ts")).late()];`,
    "find.ts": `import { add } from "./count.ts";
      export const run = () => "found " + add();`,
    "late.ts": `import { add } from "./count.ts";
      export const late = async () => [add(), (await import("./find.ts")).run()];`,
    "list.ts": `import { add } from "./count.ts";
      import { run as find } from "./find.ts";
      import { late } from "./late.ts";
      export const run = async () => [add(), find(), await late()];`,
  });
  const chunks = await readChunks(directory);
  const names = countedChunks(chunks, "main.js");
  const step = [...chunks.keys()].filter((name) => name.startsWith("late-"));
  const late = [...loadedWith(chunks, step).difference(new Set(["main.js", ...names]))];
  const members = { entry: "main.js", names, late };
  await writeChunks(directory, intoScript(chunks, members, false));
  assertEquals(await run(directory, "open"), `[ 2, [ 3, "found 4" ] ]\n`);
  assertEquals(await run(directory, "find"), "found 2\n");
  assertEquals(await run(directory, "list"), `[ 2, "found 3", [ 4, "found 5" ] ]\n`);
});

Deno.test("a chunk that a script cannot contain fails the build with its name", () => {
  const entry = "main.js";
  const names = ["open-BBBBBBBB.js"];
  for (const text of ['import a from"node:fs";', "var a=import.meta.url;", "import*as a from"]) {
    const chunks = new Map([[entry, ""], [names[0]!, text]]);
    assertThrows(() => intoScript(chunks, { entry, names, late: [] }, false), Error, names[0]);
  }
});

Deno.test("a program without these commands is bundled without merging", async () => {
  await using sandbox = await makeSandbox();
  const directory = await bundleProgram(sandbox, { "main.ts": `console.log("hello");` });
  assertEquals([...(await readChunks(directory)).keys()], ["main.js"]);
  assertEquals(await run(directory), "hello\n");
});

Deno.test("an import of a merged chunk in an unknown form is an error that names it", async () => {
  const chunks = new Map([
    [
      "main.js",
      `import{a}from"./chunk-AAAAAAAA.js";var t={open:()=>import("./open-BBBBBBBB.js")};`,
    ],
    ["chunk-AAAAAAAA.js", `import{b}from"./chunk-CCCCCCCC.js";export{b as a};`],
    ["chunk-CCCCCCCC.js", `var b=1;export{b};`],
    ["open-BBBBBBBB.js", `import{a as c}from"./chunk-AAAAAAAA.js";export{c};`],
    ["late-DDDDDDDD.js", `import*as d from"./chunk-CCCCCCCC.js";`],
  ]);
  const options = { entry: "main.js", commands: ["open"], bundleFiles: () => Promise.resolve("") };
  await assertRejects(
    () => mergeCommands(chunks, options),
    Error,
    "late-DDDDDDDD.js imports chunk-CCCCCCCC.js",
  );
});

/** Bundles a program of these files; returns the directory of its chunks. */
async function bundleProgram(
  sandbox: Sandbox,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const program = sandbox.path("program");
  await Deno.mkdir(program);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(program, name), text);
  }
  const directory = sandbox.path("chunks");
  await bundle(program, "main.ts", directory);
  return directory;
}

/** The output of the bundled program. */
async function run(directory: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-config",
      "--no-check",
      "--allow-read",
      "--allow-env",
      join(directory, "main.js"),
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}
